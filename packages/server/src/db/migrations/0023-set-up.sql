-- When the first administrator came: from then on the page that makes one is closed, also where none is left.
alter table installation add column set_up_at timestamptz;

update installation
   set set_up_at = signet_now()
 where exists (select from role_assignments a join roles r on r.id = a.role_id
                where r.built_in and r.name = 'administrator' and a.organization_id is null);
