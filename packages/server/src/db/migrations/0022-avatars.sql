-- Pictures of people. Their bytes are objects outside of the database; here is which of them are needed.

-- Every object has its row before it exists. One that nobody needs any more is deleted together with its row.
create table avatar_objects (
  -- What its name is made of: uploads/<key>, or pictures/<key>-<side>.webp.
  key       text primary key,
  kind      text not null check (kind in ('upload', 'picture')),
  -- From then on it is deleted; null while an avatar shows it.
  delete_at timestamptz
);
create index avatar_objects_delete_at on avatar_objects (delete_at) where delete_at is not null;

create table avatars (
  user_id   uuid primary key references users on delete cascade,
  -- The key of the pictures; null where there are none. It stands in their address, and is never used again.
  version   text unique references avatar_objects (key),
  blurhash  text,
  set_at    timestamptz,
  -- The upload that came last, while it is worked on. What an earlier one brings is late.
  upload_id uuid,
  check ((version is null) = (blurhash is null)),
  check ((version is null) = (set_at is null))
);

create table avatar_uploads (
  id          uuid primary key,
  user_id     uuid not null references users on delete cascade,
  object_key  text not null,
  state       text not null check (state in ('awaited', 'received', 'ready', 'refused', 'replaced')),
  -- The rule that the picture breaks.
  refusal     text,
  byte_length integer not null check (byte_length > 0),
  -- The call that brought it.
  reference   text not null,
  created_at  timestamptz not null,
  -- Until then the bytes may come.
  expires_at  timestamptz not null,
  check ((state = 'refused') = (refusal is not null))
);
create index avatar_uploads_user on avatar_uploads (user_id, created_at);
create index avatar_uploads_expires_at on avatar_uploads (expires_at);

-- The pictures of a version are needed for as long as an avatar names it, however it stops doing so.
create function release_avatar_version() returns trigger
  language plpgsql as $$
begin
  update avatar_objects set delete_at = signet_now() where key = old.version;
  return null;
end $$;
create trigger avatars_release_version after update of version or delete on avatars
  for each row when (old.version is not null) execute function release_avatar_version();

select jobs.create_queue('render_avatar', '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}');
