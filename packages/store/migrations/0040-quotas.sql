-- Who made an object, as quotas name users; null for what Slipway itself made and what is from before.
alter table objects add column created_by text collate "C";
