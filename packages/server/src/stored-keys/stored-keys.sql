-- Which instances run with which master secrets, and what is wrapped under which.

-- name: declareInstance :exec
-- Says that this instance runs, and which master secrets it has.
insert into running_instances as i (id, current_key_id, readable_key_ids, seen_at)
values (:id, :currentKeyId, :readableKeyIds, signet_now())
on conflict (id) do update set seen_at = greatest(i.seen_at, excluded.seen_at);

-- name: forgetInstances :exec
-- Forgets this instance, and those that have said nothing for a day.
delete from running_instances where id = :id or seen_at < signet_now() - interval '1 day';

-- name: countOtherInstances :one
-- Of the instances that run: how many cannot open what is wrapped under a key, and how many wrap under another one.
select count(*) filter (where not (:keyId::text = any (i.readable_key_ids)))::integer as "without_key!",
       count(*) filter (where i.current_key_id <> :keyId)::integer as "wrapping_otherwise!"
  from running_instances i
 where i.seen_at > signet_now() - make_interval(secs => :goneAfterSeconds::integer);

-- name: countGrantSecretsOtherwise :many
-- Secrets of grants that are wrapped under another key: by key, counted up to a bound. The comparisons use the index.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select g.wrapping_key_id from grants g
         where g.wrapping_key_id < :keyId or g.wrapping_key_id > :keyId
         limit :bound::bigint) f
 group by f.wrapping_key_id;

-- name: countEventKeysOtherwise :many
-- Keys of events that are wrapped under another key: by key, counted up to a bound. The comparisons use the index.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select k.wrapping_key_id from event_keys k
         where k.wrapped_key is not null and (k.wrapping_key_id < :keyId or k.wrapping_key_id > :keyId)
         limit :bound::bigint) f
 group by f.wrapping_key_id;

-- name: countPrivateKeysOtherwise :many
-- Private signing keys that are wrapped under another key: by key, counted up to a bound.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select s.wrapping_key_id from signing_keys s
         where s.wrapped_key <> '' and s.wrapping_key_id <> :keyId
         limit :bound::bigint) f
 group by f.wrapping_key_id;

-- name: countMailOpenersOtherwise :many
-- Links of mails that wait and are wrapped under another key: by key, counted up to a bound.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select j.data -> 'wrapped' ->> 'keyId' as wrapping_key_id from jobs.job j
         where j.name = 'send_mail' and j.state in ('created', 'retry', 'active')
           and j.data -> 'wrapped' ->> 'keyId' <> :keyId
         limit :bound::bigint) f
 group by f.wrapping_key_id;

-- name: countProviderSecretsOtherwise :many
-- Secrets of providers that are wrapped under another key: by key, counted up to a bound.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select p.wrapping_key_id from identity_providers p
         where p.wrapping_key_id <> :keyId
         limit :bound::bigint) f
 group by f.wrapping_key_id;

-- name: countUpstreamTokensOtherwise :many
-- Tokens of providers that are wrapped under another key: by key, counted up to a bound.
select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select t.wrapping_key_id from upstream_tokens t
         where t.wrapping_key_id <> :keyId
         limit :bound::bigint) f
 group by f.wrapping_key_id;
