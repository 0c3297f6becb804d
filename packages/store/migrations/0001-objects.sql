-- One row that hands out resource versions. A writer updates it inside the transaction that writes the object, so its row lock makes
-- commit order equal number order: a sequence would hand out 7 before 6 has committed, and a watcher at 7 would never see 6.
create table revision (
  id smallint primary key check (id = 1),
  value bigint not null,
  -- Changes up to here are gone: watches and list pages that start below it are refused with Gone.
  compacted bigint not null
);
insert into revision (id, value, compacted) values (1, 1, 0);

create table objects (
  tenant text collate "C" not null,
  kind text collate "C" not null,
  -- Empty for tenant-scoped kinds.
  project text collate "C" not null,
  name text collate "C" not null,
  uid text not null,
  resource_version bigint not null,
  generation bigint not null,
  created_at text not null,
  deletion_timestamp text,
  labels jsonb not null,
  -- The rest of metadata: annotations, finalizers, ownerReferences, managedFields.
  metadata jsonb not null,
  spec jsonb not null,
  status jsonb,
  primary key (tenant, kind, project, name)
);
create unique index objects_uid on objects (tenant, uid);

-- What watches read, and what pages of a list read to stay at the state of their first page.
create table changes (
  rv bigint primary key,
  at timestamptz not null default now(),
  type text not null check (type in ('ADDED', 'MODIFIED', 'DELETED')),
  tenant text collate "C" not null,
  kind text collate "C" not null,
  project text collate "C" not null,
  name text collate "C" not null,
  -- Columns of objects as JSON, after the change (for DELETED: the last state) and before it (null for ADDED).
  object jsonb not null,
  prev jsonb
);
create index changes_key on changes (tenant, kind, project, name, rv);
