-- Avatars, the uploads that become them, and which objects nobody needs any more.

-- name: lockAvatar :exec
-- Makes those who change the avatar of one user go one after the other, until their transactions end.
insert into avatars (user_id) values (:userId) on conflict (user_id) do update set user_id = excluded.user_id;

-- name: countUploads :one
-- How many uploads a user began in the last hour, and how long until the oldest of them is not counted any more.
select count(*)::integer as "count!",
       coalesce(extract(epoch from min(created_at) + interval '1 hour' - signet_now()), 0)::double precision as "seconds_until_less!"
  from avatar_uploads
 where user_id = :userId and created_at > signet_now() - interval '1 hour';

-- name: insertUpload :one
-- An upload that is awaited, with its object. What is uploaded by an address may come until the address expires, so the object
-- is deleted only after that.
with object as (
  insert into avatar_objects (key, kind, delete_at)
  values (:objectKey, 'upload', signet_now() + make_interval(secs => :lifetimeSeconds::integer) + interval '10 minutes')
)
insert into avatar_uploads (id, user_id, object_key, state, byte_length, reference, created_at, expires_at)
values (:id, :userId, :objectKey, 'awaited', :byteLength, :reference, signet_now(),
        signet_now() + make_interval(secs => :lifetimeSeconds))
returning expires_at;

-- name: findUpload :maybe
-- An upload of this user.
select id, object_key, state, refusal, byte_length, expires_at > signet_now() as "good!"
  from avatar_uploads where id = :id and user_id = :userId;

-- name: receiveUpload :maybe
-- Takes an upload in, once, as the last one of its user. The object stays until the work is done.
with received as (
  update avatar_uploads
     set state = 'received', reference = :reference
   where id = :id and user_id = :userId and state = 'awaited' and expires_at > signet_now()
  returning id, user_id, object_key
), kept as (
  update avatar_objects o set delete_at = greatest(o.delete_at, signet_now() + interval '1 day')
    from received r where o.key = r.object_key
), latest as (
  update avatars a set upload_id = r.id from received r where a.user_id = r.user_id
)
select id from received;

-- name: findWork :maybe
-- An upload that was received and is still the last one of a user who may have an avatar.
select u.user_id, u.object_key, u.reference
  from avatar_uploads u
  join avatars a on a.user_id = u.user_id and a.upload_id = u.id
  join users p on p.id = u.user_id
 where u.id = :id and u.state = 'received' and p.status = 'active';

-- name: settleUpload :exec
-- Ends an upload. Its object goes now, or when nothing can be put there any more.
with settled as (
  update avatar_uploads
     set state = :state, refusal = :refusal?
   where id = :id and state = 'received'
  returning object_key, expires_at
)
update avatar_objects o
   set delete_at = case when :openUntilExpiry::boolean then greatest(signet_now(), s.expires_at + interval '1 minute') else signet_now() end
  from settled s
 where o.key = s.object_key;

-- name: insertPicture :exec
-- The pictures of a version, before there are any. They are deleted unless an avatar takes them.
insert into avatar_objects (key, kind, delete_at) values (:key, 'picture', signet_now() + interval '1 hour');

-- name: publishPicture :maybe
-- Makes a version the avatar of its user, where the upload is still the last one and the user may have one.
with kept as (
  update avatar_objects set delete_at = null
   where key = :version and delete_at > signet_now()
     and exists (select from avatars a join users p on p.id = a.user_id
                  where a.user_id = :userId and a.upload_id = :uploadId and p.status = 'active')
  returning key
)
update avatars a
   set version = k.key, blurhash = :blurhash, set_at = signet_now(), upload_id = null
  from kept k
 where a.user_id = :userId and a.upload_id = :uploadId
returning a.user_id;

-- name: removeAvatar :maybe
-- Takes the avatar of a user away, and whatever upload is still worked on. No row where there was neither.
with before as (
  select user_id, version from avatars
   where user_id = :userId and (version is not null or upload_id is not null)
     for no key update
)
update avatars a
   set version = null, blurhash = null, set_at = null, upload_id = null
  from before b
 where a.user_id = b.user_id
returning b.version is not null as "had_one!";

-- name: userExists :maybe
select id from users where id = :userId and status <> 'deleted';

-- name: findAvatars :many
-- The avatars of those among these users who have one.
select a.user_id, a.version as "version!", a.blurhash as "blurhash!"
  from avatars a
  join users u on u.id = a.user_id
 where a.user_id = any (:userIds::uuid[]) and a.version is not null and u.status <> 'deleted';

-- name: isShown :maybe
-- Whether a version is the avatar of anybody.
select a.user_id
  from avatars a
  join users u on u.id = a.user_id
 where a.version = :version and u.status <> 'deleted';

-- name: listUnneeded :many
-- Objects that nobody needs any more.
select key, kind from avatar_objects where delete_at <= signet_now() order by delete_at limit :limit::integer;

-- name: forgetObject :exec
-- The row of an object that was deleted.
delete from avatar_objects where key = :key and delete_at <= signet_now();

-- name: deleteOldUploads :exec
-- Uploads whose end nobody asks for any more. One that was received and never worked on, because its job failed for good, goes
-- with them.
delete from avatar_uploads
 where id in (select id from avatar_uploads where expires_at < signet_now() - interval '1 day'
               limit :limit::integer for update skip locked);
