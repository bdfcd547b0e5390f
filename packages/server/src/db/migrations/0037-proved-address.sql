-- A number proves no address: what needs a proved address is given to nobody for a proved number.

create or replace function scopes_allowed(id uuid, scopes text[], needing_proof text[]) returns text[]
  language sql stable parallel safe
  return case
    when not scopes && needing_proof
      or exists (select from identifiers i where i.user_id = scopes_allowed.id and i.kind = 'email' and i.verified_at is not null)
    then scopes
    else array(select s.scope from unnest(scopes) with ordinality s (scope, place)
                where s.scope <> all (needing_proof) order by s.place)
  end;
