-- Codes that go to a phone: each proves once, for one purpose, that somebody reads its messages.

create table phone_codes (
  -- What the code comes with, and what it is made of, together with the master secret: the code itself is stored nowhere.
  id         uuid primary key,
  purpose    text not null check (purpose in ('add_phone', 'sign_in')),
  -- Null where nobody has the number: such a code was sent to nobody, and is tried like any other one.
  user_id    uuid references users on delete cascade,
  -- The number, in E.164.
  canonical  text not null,
  code_tries integer not null default 0,
  rev        bigint not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index phone_codes_user on phone_codes (user_id) where used_at is null;
create index phone_codes_expires_at on phone_codes (expires_at);

select jobs.create_queue(kind, '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}')
  from unnest('{write_to_number,send_sms}'::text[]) as kind;
