// Generated from stored-keys.sql by tools/sql. Do not edit.
import { exec, many, one } from '../db/query.ts'

/** Says that this instance runs, and which master secrets it has. */
export const declareInstance = exec<
  {
    id: string
    currentKeyId: string
    readableKeyIds: readonly string[]
  }
>({
  name: 'stored-keys.declareInstance',
  text: `insert into running_instances as i (id, current_key_id, readable_key_ids, seen_at)
values ($1, $2, $3, signet_now())
on conflict (id) do update set seen_at = greatest(i.seen_at, excluded.seen_at)`,
  params: ['id', 'currentKeyId', 'readableKeyIds'],
  columns: [],
})

/** Forgets this instance, and those that have said nothing for a day. */
export const forgetInstances = exec<{ id: string }>({
  name: 'stored-keys.forgetInstances',
  text: `delete from running_instances where id = $1 or seen_at < signet_now() - interval '1 day'`,
  params: ['id'],
  columns: [],
})

/** Of the instances that run: how many cannot open what is wrapped under a key, and how many wrap under another one. */
export const countOtherInstances = one<
  {
    keyId: string
    goneAfterSeconds: number
  },
  {
    withoutKey: number
    wrappingOtherwise: number
  }
>({
  name: 'stored-keys.countOtherInstances',
  text: `select count(*) filter (where not ($1::text = any (i.readable_key_ids)))::integer as "without_key!",
       count(*) filter (where i.current_key_id <> $1)::integer as "wrapping_otherwise!"
  from running_instances i
 where i.seen_at > signet_now() - make_interval(secs => $2::integer)`,
  params: ['keyId', 'goneAfterSeconds'],
  columns: ['withoutKey', 'wrappingOtherwise'],
})

/** Secrets of grants that are wrapped under another key: by key, counted up to a bound. The comparisons use the index. */
export const countGrantSecretsOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countGrantSecretsOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select g.wrapping_key_id from grants g
         where g.wrapping_key_id < $1 or g.wrapping_key_id > $1
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})

/** Keys of events that are wrapped under another key: by key, counted up to a bound. The comparisons use the index. */
export const countEventKeysOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countEventKeysOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select k.wrapping_key_id from event_keys k
         where k.wrapped_key is not null and (k.wrapping_key_id < $1 or k.wrapping_key_id > $1)
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})

/** Private signing keys that are wrapped under another key: by key, counted up to a bound. */
export const countPrivateKeysOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countPrivateKeysOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select s.wrapping_key_id from signing_keys s
         where s.wrapped_key <> '' and s.wrapping_key_id <> $1
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})

/** Links of mails that wait and are wrapped under another key: by key, counted up to a bound. */
export const countMailOpenersOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countMailOpenersOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select j.data -> 'wrapped' ->> 'keyId' as wrapping_key_id from jobs.job j
         where j.name = 'send_mail' and j.state in ('created', 'retry', 'active')
           and j.data -> 'wrapped' ->> 'keyId' <> $1
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})

/** Secrets of providers that are wrapped under another key: by key, counted up to a bound. */
export const countProviderSecretsOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countProviderSecretsOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select p.wrapping_key_id from identity_providers p
         where p.wrapping_key_id <> $1
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})

/** Tokens of providers that are wrapped under another key: by key, counted up to a bound. */
export const countUpstreamTokensOtherwise = many<
  {
    keyId: string
    bound: bigint
  },
  {
    wrappingKeyId: string
    count: number
  }
>({
  name: 'stored-keys.countUpstreamTokensOtherwise',
  text: `select f.wrapping_key_id as "wrapping_key_id!", count(*)::integer as "count!"
  from (select t.wrapping_key_id from upstream_tokens t
         where t.wrapping_key_id <> $1
         limit $2::bigint) f
 group by f.wrapping_key_id`,
  params: ['keyId', 'bound'],
  columns: ['wrappingKeyId', 'count'],
})
