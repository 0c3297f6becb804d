-- The head of each tenant's chain: the row that a writer locks, so that numbers have no gaps and commit order is number order.
create table audit_heads (
  tenant text collate "C" primary key,
  seq bigint not null,
  prev text not null,
  hash text not null
);

-- hash = sha256(seq, prev, resource version, body), each on a line of its own. Everything a search asks for comes out of the hashed body, so that it cannot say something else.
create table audit_records (
  tenant text collate "C" not null,
  seq bigint not null,
  prev text not null,
  hash text not null,
  -- The object's version after the change; null where no object changed.
  resource_version bigint,
  body text not null,
  at timestamptz not null,
  actor text collate "C" generated always as (body::jsonb #>> '{user,name}') stored,
  verb text collate "C" generated always as (body::jsonb ->> 'verb') stored,
  resource text collate "C" generated always as (body::jsonb #>> '{object,resource}') stored,
  project text collate "C" generated always as (body::jsonb #>> '{object,project}') stored,
  name text collate "C" generated always as (body::jsonb #>> '{object,name}') stored,
  outcome text collate "C" generated always as (body::jsonb ->> 'outcome') stored,
  primary key (tenant, seq)
);
create index audit_records_at on audit_records (tenant, at);
create index audit_records_actor on audit_records (tenant, actor, seq);
create index audit_records_object on audit_records (tenant, resource, project, name, seq);

-- Signed heads: at which number the chain had which hash. `pruned`: everything up to here was taken away by retention, with this as the receipt.
create table audit_checkpoints (
  tenant text collate "C" not null,
  seq bigint not null,
  kind text not null check (kind in ('head', 'pruned')),
  hash text not null,
  at text not null,
  key_id text not null,
  signature text not null,
  primary key (tenant, kind, seq)
);

-- How far each sink has come; written after the sink has confirmed.
create table audit_bookmarks (
  sink text collate "C" not null,
  tenant text collate "C" not null,
  seq bigint not null,
  error text,
  updated_at timestamptz not null default now(),
  primary key (sink, tenant)
);

-- A bug must not rewrite history; retention says so in its own transaction. Whoever owns the database can take this away: that is what the chain is for.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('slipway.audit_prune', true) = 'on' then
    return old;
  end if;
  raise exception 'audit records are append-only';
end;
$$;
create trigger audit_records_append_only before update or delete on audit_records
  for each row execute function audit_is_append_only();
create trigger audit_records_no_truncate before truncate on audit_records
  for each statement execute function audit_is_append_only();
