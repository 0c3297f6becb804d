-- Answers of identity providers that were taken: each counts once.
create table used_sign_ins (
  state_hash text primary key,
  expires_at timestamptz not null
);
create index used_sign_ins_expires on used_sign_ins (expires_at);

-- Programs that wait for somebody to approve them in a browser (RFC 8628). Of both codes only the hash is kept.
create table device_grants (
  device_hash text primary key,
  user_hash text not null unique,
  -- What the program asked for: whose sign-in page to show, and whose people may approve.
  tenant text,
  provider text,
  -- What it says of itself, and from where.
  client text not null,
  address text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- How long it must wait between two questions; grows when it does not.
  interval_seconds integer not null,
  polled_at timestamptz,
  -- `pending`, `approved`, `denied`; a row goes when its session was given.
  state text not null default 'pending',
  -- Who approved, and how they were signed in.
  user_tenant text,
  user_name text,
  user_uid text,
  via_provider text,
  via_details jsonb
);
create index device_grants_expires on device_grants (expires_at);
create index device_grants_address on device_grants (address);
