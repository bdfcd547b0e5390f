-- Several addresses for one account, and links that add one or give one back.

alter table identifiers add column is_primary boolean not null default false;
create unique index identifiers_primary on identifiers (user_id, kind) where is_primary;

alter table mailed_links
  -- The address that a link went to; it may be one that the account does not have.
  add column value text,
  add column canonical text,
  alter column identifier_id drop not null,
  drop constraint mailed_links_purpose_check,
  add constraint mailed_links_purpose_check
    check (purpose in ('verify_email', 'reset_password', 'add_email', 'undo_email_change'));
update mailed_links l set value = i.value, canonical = i.canonical from identifiers i where i.id = l.identifier_id;
create index mailed_links_user on mailed_links (user_id, purpose) where used_at is null;
create index mailed_links_canonical on mailed_links (canonical, purpose) where used_at is null;

-- Whether a link is alive, by its user. One that gives an address back outlives whatever the user, or a thief, does; it opens
-- nothing by itself.
create function mailed_link_lives(purpose text, rev bigint, status text, cut bigint) returns boolean
  language sql stable parallel safe
  return case when purpose = 'undo_email_change' then status <> 'deleted' and rev >= global_cut()
              else status = 'active' and rev >= greatest(cut, global_cut()) end;

select jobs.create_queue('write_to_new_address', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');

-- The address to which a user is written: the one that was chosen, else the one that was proved first.
create function primary_email(id uuid) returns uuid
  language sql stable parallel safe
  return (select i.id from identifiers i
           where i.user_id = primary_email.id and i.kind = 'email' and i.verified_at is not null
           order by i.is_primary desc, i.verified_at, i.id limit 1);
