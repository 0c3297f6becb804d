-- Who an object belongs to, asked by the owner's uid: what the garbage collector deletes or lets go when an owner goes.
create index objects_owners on objects using gin ((metadata -> 'ownerReferences') jsonb_path_ops);
