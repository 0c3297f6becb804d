-- What agents report names nodes, images, messages of programs: encrypted like the plans beside it.
alter table link_facts add column sealed boolean not null default false;
