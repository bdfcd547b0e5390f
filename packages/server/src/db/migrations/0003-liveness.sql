-- What is alive: positions, cuts, and what a user may do.
--
-- A session is alive only while its rev is at least the cut of its user, of its client and of the whole installation.
-- A rev is the position read in the statement that read the credential; a cut is a position taken by the transaction
-- that revokes. Whoever read the credential before that transaction committed has a smaller rev, and is dead.

-- The last position that was given out, and the cut of the whole installation. One row.
create table revocation_head (
  only_row boolean primary key default true check (only_row),
  position bigint not null default 0,
  cut      bigint not null default 0
);
insert into revocation_head default values;

-- The last position. Stable, and it must stay so: it then reads with the snapshot of the statement that calls it, the
-- one that reads the credential beside it. A volatile function would take a later snapshot, and revive the dead.
create function revocation_position() returns bigint
  language sql stable parallel safe
  return (select position from revocation_head);

-- Takes the next position. The row stays locked until the transaction ends, so positions become visible in order.
create function next_revocation_position() returns bigint
  language sql volatile
begin atomic
  update revocation_head set position = position + 1 returning position;
end;

-- The cut of the whole installation.
create function global_cut() returns bigint
  language sql stable parallel safe
  return (select cut from revocation_head);

-- Names of the roles that a user holds everywhere. Everyone holds the built-in role "user" without an assignment.
create function role_names_of(id uuid) returns text[]
  language sql stable parallel safe
  return (
    select array_agg(r.name order by r.name)
      from roles r
     where (r.built_in and r.name = 'user')
        or r.id in (select a.role_id from role_assignments a
                     where a.user_id = $1 and a.organization_id is null)
  );

-- What the roles of a user permit; '*' permits everything.
create function permissions_of(id uuid) returns text[]
  language sql stable parallel safe
  return (
    select coalesce(array_agg(distinct p.permission), '{}')
      from roles r, unnest(r.permissions) as p (permission)
     where (r.built_in and r.name = 'user')
        or r.id in (select a.role_id from role_assignments a
                     where a.user_id = $1 and a.organization_id is null)
  );

-- Whether a user holds the built-in role "administrator" everywhere.
create function is_administrator(id uuid) returns boolean
  language sql stable parallel safe
  return exists (
    select from role_assignments a join roles r on r.id = a.role_id
     where a.user_id = $1 and a.organization_id is null and r.built_in and r.name = 'administrator'
  );

-- Finding users by the beginning of an identifier, whatever the collation of the database.
create index identifiers_prefix on identifiers (canonical text_pattern_ops);
