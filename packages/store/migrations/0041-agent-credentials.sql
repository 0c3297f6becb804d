-- When a credential that was replaced stops to work, milliseconds since the epoch; null for the one in force.
alter table link_credentials add column expires_at bigint;
