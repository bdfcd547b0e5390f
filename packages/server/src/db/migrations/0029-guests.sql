-- Guests: accounts without anything to sign in with, until their owner proves something.

alter table users add column is_guest boolean not null default false;
create index users_guests on users (created_at, id) where is_guest;

insert into roles (id, name, permissions, built_in, created_at) values (gen_random_uuid(), 'guest', '{}', true, signet_now());

-- The built-in role that everybody holds who is somebody, or nobody yet.
create function basic_role_of(id uuid) returns text
  language sql stable parallel safe
  return case when exists (select from users u where u.id = basic_role_of.id and u.is_guest) then 'guest' else 'user' end;

create or replace function role_names_of(id uuid) returns text[]
  language sql stable parallel safe
  return (select array_agg(r.name order by r.name)
            from roles r
           where (r.built_in and r.name = basic_role_of(role_names_of.id))
              or r.id in (select a.role_id from role_assignments a
                           where a.user_id = role_names_of.id and a.organization_id is null));

create or replace function permissions_of(id uuid) returns text[]
  language sql stable parallel safe
  return (select coalesce(array_agg(distinct p.permission), '{}')
            from roles r, unnest(r.permissions) as p(permission)
           where (r.built_in and r.name = basic_role_of(permissions_of.id))
              or r.id in (select a.role_id from role_assignments a
                           where a.user_id = permissions_of.id and a.organization_id is null));

-- Whoever proves something to sign in with is a guest no more, whichever way that comes about.
create function end_guesthood() returns trigger
  language plpgsql as $$
begin
  update users set is_guest = false where id = new.user_id and is_guest;
  return null;
end $$;

create trigger identifiers_end_guesthood after insert or update of verified_at on identifiers
  for each row when (new.verified_at is not null) execute function end_guesthood();
