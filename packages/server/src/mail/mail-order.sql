-- What opens something in mails that wait in the queue.

-- name: lockMailOpeners :many
-- Mails that wait, or are being sent, with something in them that is wrapped under this key, but those that somebody is at
-- work on.
select j.id::text as "id!", decode(j.data -> 'wrapped' ->> 'value', 'base64') as "wrapped!"
  from jobs.job j
 where j.name = 'send_mail' and j.state in ('created', 'retry', 'active')
   and j.data -> 'wrapped' ->> 'keyId' = :keyId::text and j.id > :after::uuid
 order by j.id
 limit :limit::integer
   for no key update skip locked;

-- name: replaceMailOpeners :exec
-- Stores the same, wrapped under another key.
update jobs.job j
   set data = jsonb_set(j.data, '{wrapped}', jsonb_build_object('value', replace(encode(w.wrapped, 'base64'), E'\n', ''),
                                                                'keyId', :keyId::text))
  from unnest(:ids::uuid[], :wrapped::bytea[]) as w (id, wrapped)
 where j.name = 'send_mail' and j.id = w.id and j.data -> 'wrapped' ->> 'keyId' = :formerKeyId::text;
