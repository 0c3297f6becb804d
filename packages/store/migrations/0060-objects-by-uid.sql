-- The tenant last: with it first, a planner that knew the table when it was empty read every row of the tenant by this index where one by its key was asked for.
drop index objects_uid;
create unique index objects_uid on objects (uid, tenant);
