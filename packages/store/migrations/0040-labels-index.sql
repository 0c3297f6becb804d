-- Lists by label. Without the pending list of fast updates: it is emptied at the cost of whoever writes or reads next.
create index objects_labels on objects using gin (labels jsonb_path_ops) with (fastupdate = off);
