-- Where a session is signed in in a browser, the cookie that proves it there. A session is in one browser at the most, and
-- has one secret at a time: proving again who one is replaces it.

create table session_cookies (
  session_id  uuid primary key references sessions on delete cascade,
  -- SHA-256 of 256 random bits.
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32)
);
