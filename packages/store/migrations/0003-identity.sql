create table users (
  tenant text not null,
  name text not null,
  groups jsonb not null,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  primary key (tenant, name)
);

-- Only the hash of a token's secret part is kept.
create table api_tokens (
  id text primary key,
  tenant text not null,
  user_name text not null,
  hash bytea not null,
  description text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  foreign key (tenant, user_name) references users (tenant, name) on delete cascade
);
create index api_tokens_user on api_tokens (tenant, user_name);
