-- Data keys that are not an object's: each unwrapped once when the hub starts.
create table data_keys (
  name text primary key,
  key_id text not null references encryption_keys (id),
  wrapped text not null
);
-- Whether the payload is encrypted; those of before are, from the next start on.
alter table link_plans add column sealed boolean not null default false;
