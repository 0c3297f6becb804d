-- A person who signed in. Of the token only the hash is kept.
create table sessions (
  id text primary key,
  tenant text not null,
  user_name text not null,
  -- A user of the same name made later has none of the sessions of the one before.
  user_uid text not null,
  hash bytea not null,
  -- How it was proven: `password`, `oidc`, …
  method text not null,
  -- The IdentityProvider that vouched; null for what the hub checked itself.
  provider text,
  -- What the way of signing in wants to find again: never secrets.
  details jsonb not null default '{}',
  address text,
  user_agent text,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  -- Ends when it is not used for so long, and at expires_at whatever happens.
  idle_seconds integer not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_user on sessions (tenant, user_name);
create index sessions_provider on sessions (tenant, provider) where provider is not null;
create index sessions_expires on sessions (expires_at);

-- Tokens made from now on are of this very user or service account, not of one made later under the same name.
alter table api_tokens add column owner_uid text;
