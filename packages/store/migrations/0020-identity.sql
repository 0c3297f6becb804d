-- Users are objects of the API now; the hub turns the rows of `users` into objects when it starts. Tokens belong to a subject of a tenant by name.
alter table api_tokens drop constraint api_tokens_tenant_user_name_fkey;
-- `user`: of a person, made by the hub itself (bootstrap, sign-in); `key`: of the ApiKey object named in api_key.
alter table api_tokens add column kind text not null default 'user';
-- Of service accounts.
alter table api_tokens add column project text;
alter table api_tokens add column api_key text;
alter table api_tokens add column api_key_uid text;
alter table api_tokens add column last_used_at timestamptz;
create index api_tokens_api_key on api_tokens (tenant, api_key);
