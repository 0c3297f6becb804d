-- The end of the batch that is on its way: after a crash the very same batch is sent again, so that what is stored by its first and last number is written over, not doubled.
alter table audit_bookmarks add column pending bigint;
alter table audit_bookmarks add column delivered bigint not null default 0;
-- Taken away by retention before it could be delivered.
alter table audit_bookmarks add column lost bigint not null default 0;
alter table audit_bookmarks drop column error;
