-- The newest plan of each cluster or gateway. The row outlives nothing: forgetting a cluster removes it, and its uid never comes back.
create table link_plans (
  tenant text not null default 'default',
  uid text primary key,
  -- 0: a row that was made to lock or to hold a floor; there is no plan yet.
  revision bigint not null,
  -- The next revision is above this too: what an agent held when the hub was restored from an older backup.
  floor bigint not null default 0,
  content_hash text not null,
  payload text not null,
  hash text not null,
  signature text not null,
  key_id text not null,
  published_at timestamptz not null default now()
);

create table link_facts (
  tenant text not null default 'default',
  uid text primary key,
  body text not null,
  -- Milliseconds since the epoch.
  received_at bigint not null
);

-- Join tokens and agent credentials are kept as sha256 only.
create table link_join_tokens (
  tenant text not null default 'default',
  hash text primary key,
  uid text not null,
  kind text not null check (kind in ('cluster', 'gateway')),
  name text not null,
  project text,
  expires_at bigint not null,
  -- The credential it was exchanged for: the same pair may be repeated until the token expires.
  credential_hash text
);
create index link_join_tokens_uid on link_join_tokens (uid);
create index link_join_tokens_expires on link_join_tokens (expires_at);

create table link_credentials (
  tenant text not null default 'default',
  hash text primary key,
  uid text not null,
  kind text not null check (kind in ('cluster', 'gateway')),
  name text not null,
  project text,
  created_at bigint not null
);
create index link_credentials_uid on link_credentials (uid);

-- Written in batches; the living state is in the hub's memory.
create table link_agents (
  tenant text not null default 'default',
  uid text primary key,
  last_seen bigint not null,
  agent_version text not null,
  plan_revision bigint not null
);
