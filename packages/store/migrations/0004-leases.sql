-- Who may do what only one replica of the hub may do, and until when. Times are the database's own.
create table leases (
  name text primary key,
  holder text not null,
  expires_at timestamptz not null
);
