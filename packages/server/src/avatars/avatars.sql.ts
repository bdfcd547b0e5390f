// Generated from avatars.sql by tools/sql. Do not edit.
import { exec, many, maybe, one } from '../db/query.ts'

/** Makes those who change the avatar of one user go one after the other, until their transactions end. */
export const lockAvatar = exec<{ userId: string }>({
  name: 'avatars.lockAvatar',
  text: `insert into avatars (user_id) values ($1) on conflict (user_id) do update set user_id = excluded.user_id`,
  params: ['userId'],
  columns: [],
})

/** How many uploads a user began in the last hour, and how long until the oldest of them is not counted any more. */
export const countUploads = one<{ userId: string }, { count: number; secondsUntilLess: number }>({
  name: 'avatars.countUploads',
  text: `select count(*)::integer as "count!",
       coalesce(extract(epoch from min(created_at) + interval '1 hour' - signet_now()), 0)::double precision as "seconds_until_less!"
  from avatar_uploads
 where user_id = $1 and created_at > signet_now() - interval '1 hour'`,
  params: ['userId'],
  columns: ['count', 'secondsUntilLess'],
})

/** An upload that is awaited, with its object. What is uploaded by an address may come until the address expires, so the object is deleted only after that. */
export const insertUpload = one<
  {
    objectKey: string
    lifetimeSeconds: number
    id: string
    userId: string
    byteLength: number
    reference: string
  },
  {
    expiresAt: Date
  }
>({
  name: 'avatars.insertUpload',
  text: `with object as (
  insert into avatar_objects (key, kind, delete_at)
  values ($1, 'upload', signet_now() + make_interval(secs => $2::integer) + interval '10 minutes')
)
insert into avatar_uploads (id, user_id, object_key, state, byte_length, reference, created_at, expires_at)
values ($3, $4, $1, 'awaited', $5, $6, signet_now(),
        signet_now() + make_interval(secs => $2))
returning expires_at`,
  params: ['objectKey', 'lifetimeSeconds', 'id', 'userId', 'byteLength', 'reference'],
  columns: ['expiresAt'],
})

/** An upload of this user. */
export const findUpload = maybe<
  {
    id: string
    userId: string
  },
  {
    id: string
    objectKey: string
    state: 'awaited' | 'received' | 'ready' | 'refused' | 'replaced'
    refusal: string | null
    byteLength: number
    good: boolean
  }
>({
  name: 'avatars.findUpload',
  text: `select id, object_key, state, refusal, byte_length, expires_at > signet_now() as "good!"
  from avatar_uploads where id = $1 and user_id = $2`,
  params: ['id', 'userId'],
  columns: ['id', 'objectKey', 'state', 'refusal', 'byteLength', 'good'],
})

/** Takes an upload in, once, as the last one of its user. The object stays until the work is done. */
export const receiveUpload = maybe<
  {
    reference: string
    id: string
    userId: string
  },
  {
    id: string
  }
>({
  name: 'avatars.receiveUpload',
  text: `with received as (
  update avatar_uploads
     set state = 'received', reference = $1
   where id = $2 and user_id = $3 and state = 'awaited' and expires_at > signet_now()
  returning id, user_id, object_key
), kept as (
  update avatar_objects o set delete_at = greatest(o.delete_at, signet_now() + interval '1 day')
    from received r where o.key = r.object_key
), latest as (
  update avatars a set upload_id = r.id from received r where a.user_id = r.user_id
)
select id from received`,
  params: ['reference', 'id', 'userId'],
  columns: ['id'],
})

/** An upload that was received and is still the last one of a user who may have an avatar. */
export const findWork = maybe<
  {
    id: string
  },
  {
    userId: string
    objectKey: string
    reference: string
  }
>({
  name: 'avatars.findWork',
  text: `select u.user_id, u.object_key, u.reference
  from avatar_uploads u
  join avatars a on a.user_id = u.user_id and a.upload_id = u.id
  join users p on p.id = u.user_id
 where u.id = $1 and u.state = 'received' and p.status = 'active'`,
  params: ['id'],
  columns: ['userId', 'objectKey', 'reference'],
})

/** Ends an upload. Its object goes now, or when nothing can be put there any more. */
export const settleUpload = exec<
  {
    state: string
    refusal: string | null
    id: string
    openUntilExpiry: boolean
  }
>({
  name: 'avatars.settleUpload',
  text: `with settled as (
  update avatar_uploads
     set state = $1, refusal = $2
   where id = $3 and state = 'received'
  returning object_key, expires_at
)
update avatar_objects o
   set delete_at = case when $4::boolean then greatest(signet_now(), s.expires_at + interval '1 minute') else signet_now() end
  from settled s
 where o.key = s.object_key`,
  params: ['state', 'refusal', 'id', 'openUntilExpiry'],
  columns: [],
})

/** The pictures of a version, before there are any. They are deleted unless an avatar takes them. */
export const insertPicture = exec<{ key: string }>({
  name: 'avatars.insertPicture',
  text: `insert into avatar_objects (key, kind, delete_at) values ($1, 'picture', signet_now() + interval '1 hour')`,
  params: ['key'],
  columns: [],
})

/** Makes a version the avatar of its user, where the upload is still the last one and the user may have one. */
export const publishPicture = maybe<
  {
    version: string
    userId: string
    uploadId: string
    blurhash: string
  },
  {
    userId: string
  }
>({
  name: 'avatars.publishPicture',
  text: `with kept as (
  update avatar_objects set delete_at = null
   where key = $1 and delete_at > signet_now()
     and exists (select from avatars a join users p on p.id = a.user_id
                  where a.user_id = $2 and a.upload_id = $3 and p.status = 'active')
  returning key
)
update avatars a
   set version = k.key, blurhash = $4, set_at = signet_now(), upload_id = null
  from kept k
 where a.user_id = $2 and a.upload_id = $3
returning a.user_id`,
  params: ['version', 'userId', 'uploadId', 'blurhash'],
  columns: ['userId'],
})

/** Takes the avatar of a user away, and whatever upload is still worked on. No row where there was neither. */
export const removeAvatar = maybe<{ userId: string }, { hadOne: boolean }>({
  name: 'avatars.removeAvatar',
  text: `with before as (
  select user_id, version from avatars
   where user_id = $1 and (version is not null or upload_id is not null)
     for no key update
)
update avatars a
   set version = null, blurhash = null, set_at = null, upload_id = null
  from before b
 where a.user_id = b.user_id
returning b.version is not null as "had_one!"`,
  params: ['userId'],
  columns: ['hadOne'],
})

export const userExists = maybe<{ userId: string }, { id: string }>({
  name: 'avatars.userExists',
  text: `select id from users where id = $1 and status <> 'deleted'`,
  params: ['userId'],
  columns: ['id'],
})

/** The avatars of those among these users who have one. */
export const findAvatars = many<
  {
    userIds: readonly string[]
  },
  {
    userId: string
    version: string
    blurhash: string
  }
>({
  name: 'avatars.findAvatars',
  text: `select a.user_id, a.version as "version!", a.blurhash as "blurhash!"
  from avatars a
  join users u on u.id = a.user_id
 where a.user_id = any ($1::uuid[]) and a.version is not null and u.status <> 'deleted'`,
  params: ['userIds'],
  columns: ['userId', 'version', 'blurhash'],
})

/** Whether a version is the avatar of anybody. */
export const isShown = maybe<{ version: string }, { userId: string }>({
  name: 'avatars.isShown',
  text: `select a.user_id
  from avatars a
  join users u on u.id = a.user_id
 where a.version = $1 and u.status <> 'deleted'`,
  params: ['version'],
  columns: ['userId'],
})

/** Objects that nobody needs any more. */
export const listUnneeded = many<{ limit: number }, { key: string; kind: 'upload' | 'picture' }>({
  name: 'avatars.listUnneeded',
  text: `select key, kind from avatar_objects where delete_at <= signet_now() order by delete_at limit $1::integer`,
  params: ['limit'],
  columns: ['key', 'kind'],
})

/** The row of an object that was deleted. */
export const forgetObject = exec<{ key: string }>({
  name: 'avatars.forgetObject',
  text: `delete from avatar_objects where key = $1 and delete_at <= signet_now()`,
  params: ['key'],
  columns: [],
})

/** Uploads whose end nobody asks for any more. One that was received and never worked on, because its job failed for good, goes with them. */
export const deleteOldUploads = exec<{ limit: number }>({
  name: 'avatars.deleteOldUploads',
  text: `delete from avatar_uploads
 where id in (select id from avatar_uploads where expires_at < signet_now() - interval '1 day'
               limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
