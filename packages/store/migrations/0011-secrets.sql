-- Keys that were ever used, with a value that only the right key opens: a wrong key is found at start and not at the first read.
create table encryption_keys (
  id text primary key,
  check_value jsonb not null,
  created_at timestamptz not null default now()
);

-- The secret values of objects. Nothing else in the database holds them: rows, change log and audit records have masks in their place.
create table secret_values (
  tenant text collate "C" not null,
  uid text not null,
  -- Which key wraps the data key of this envelope: a key can be forgotten only when no row names it, whatever another replica is just writing.
  key_id text not null references encryption_keys (id),
  -- Version, nonces, wrapped data key, ciphertext and tags, as JSON of base64.
  envelope jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (tenant, uid)
);
create index secret_values_key on secret_values (key_id);
