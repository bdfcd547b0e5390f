-- name: findLogoUri :maybe
-- Where the picture of a client is to be fetched; no row where it has none.
select logo_uri as "logo_uri!" from clients where id = :clientId and logo_uri is not null;

-- name: keepLogo :exec
-- Makes a picture the logo of a client, where its record still names the address that it came from.
insert into client_logos (client_id, uri, problem, hash, picture, fetched_at)
select id, :logoUri, null, :hash, :picture, signet_now() from clients where id = :clientId and logo_uri = :logoUri
on conflict (client_id) do update
   set uri = excluded.uri, problem = null, hash = excluded.hash, picture = excluded.picture, fetched_at = excluded.fetched_at;

-- name: noteLogoProblem :exec
-- Notes why an address brought no picture, where the record still names it. What was there before stays.
insert into client_logos (client_id, uri, problem)
select id, :logoUri, :problem from clients where id = :clientId and logo_uri = :logoUri
on conflict (client_id) do update set uri = excluded.uri, problem = excluded.problem;

-- name: forgetLogo :exec
-- A client without an address has no picture.
delete from client_logos where client_id = :clientId;

-- name: findLogoPicture :maybe
-- A picture that is the logo of some client.
select l.picture as "picture!"
  from client_logos l
  join clients c on c.id = l.client_id
 where l.hash = :hash and c.logo_uri is not null
 limit 1;
