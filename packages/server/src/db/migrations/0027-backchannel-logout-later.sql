-- A client that hears of the end of sessions from now on hears of those in which it holds something already, too.
create function note_backchannel_sessions() returns trigger
  language plpgsql as $$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select distinct g.session_id, g.client_id, g.user_id, signet_now() + interval '30 seconds'
    from grants g
   where g.client_id = new.id and g.session_id is not null and g.ended_at is null and g.expires_at > signet_now()
   order by g.session_id
  on conflict do nothing;
  return null;
end $$;
create trigger clients_note_backchannel_sessions after update of backchannel_logout_uri on clients
  for each row when (old.backchannel_logout_uri is null and new.backchannel_logout_uri is not null)
  execute function note_backchannel_sessions();
