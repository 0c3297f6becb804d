create table passwords (
  tenant text not null,
  user_name text not null,
  -- A user of the same name made later has not the password of the one before.
  user_uid text not null,
  -- Argon2id in the PHC string format.
  hash text not null,
  changed_at timestamptz not null,
  primary key (tenant, user_name)
);

-- How often signing in failed, by account, by address, and by both together; `key` is a hash of what it counts.
create table sign_in_failures (
  key text primary key,
  failures integer not null,
  -- Nothing is tried before.
  blocked_until timestamptz not null,
  last_at timestamptz not null
);
create index sign_in_failures_last on sign_in_failures (last_at);

-- One-time links with which a user chooses a password. One for each user: a newer one takes the place of the one before.
create table invitations (
  tenant text not null,
  user_name text not null,
  user_uid text not null,
  id text not null unique,
  hash bytea not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant, user_name)
);
