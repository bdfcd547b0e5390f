-- Where people must prove an address before they sign in, a claim that nobody proves is deleted with its account.

alter table identifiers add column claim_expires_at timestamptz;
create index identifiers_claim_expires_at on identifiers (claim_expires_at) where verified_at is null and claim_expires_at is not null;

-- The scopes that a user may have of those that a client has: some need a proved address.
create function scopes_allowed(id uuid, scopes text[], needing_proof text[]) returns text[]
  language sql stable parallel safe
  return case
    when not scopes && needing_proof
      or exists (select from identifiers i where i.user_id = scopes_allowed.id and i.verified_at is not null)
    then scopes
    else array(select s.scope from unnest(scopes) with ordinality s (scope, place)
                where s.scope <> all (needing_proof) order by s.place)
  end;
