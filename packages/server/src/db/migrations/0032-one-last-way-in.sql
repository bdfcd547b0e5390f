-- Whether somebody gets into their account without this identifier or identity. What remains must be worth what goes: a claim that
-- nobody proved counts only beside another one; a number only beside another one, because signing in with it can be switched off;
-- an identity only at a provider that lets people in, one of the configuration or one that is switched on here.
create function has_other_way_in(owner uuid, without uuid, configured text[]) returns boolean
  language sql stable parallel safe
  return exists (select from federated_identities i
                  where i.user_id = owner and i.id <> without
                    and (i.provider = any(configured)
                         or exists (select from identity_providers p where p.id = i.provider and p.status = 'active')))
      or exists (select from identifiers o
                   left join identifiers gone on gone.id = without
                  where o.user_id = owner and o.id <> without
                    and (o.kind <> 'phone' or gone.kind = 'phone')
                    and (o.verified_at is not null or (gone.id is not null and gone.verified_at is null)));
