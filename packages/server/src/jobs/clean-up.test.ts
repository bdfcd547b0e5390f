import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Deps } from '../deps.ts'
import { enqueue } from '../queue/enqueue.ts'
import { openTestUser, signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { cleanUp } from './clean-up.ts'

let test: TestDeps
let deps: Deps
const email = 'ada@example.com'

before(async () => {
  test = await openTestDeps()
  deps = test.deps
  await openTestUser(deps, email)
})
after(() => test.close())

const count = async (table: string) =>
  (await rowsOf(deps, `select count(*)::integer from ${table}`))[0]?.[0]

const sweep = () => cleanUp(deps.db, new AbortController().signal, { batchSize: 2 })

it('deletes sessions and grants that were over a month ago, and nothing younger', async () => {
  for (let n = 0; n < 9; n += 1) await signInAs(deps, email)
  await rowsOf(
    deps,
    `with numbered as (select id, row_number() over () as n from sessions)
     update sessions s
        set ended_at = case when n <= 3 then now() - interval '31 days' when n = 4 then now() - interval '29 days' end,
            expires_at = case when n in (5, 6) then now() - interval '31 days' when n = 7 then now() - interval '29 days'
                              else s.expires_at end
       from numbered where numbered.id = s.id`,
  )
  await rowsOf(
    deps,
    `update grants set ended_at = now() - interval '31 days', end_reason = 'test'
      where id = (select g.id from grants g join sessions s on s.id = g.session_id
                   where s.ended_at is null and s.expires_at > now() limit 1)`,
  )
  await sweep()
  assert.deepEqual([await count('sessions'), await count('grants')], [4, 3])
})

it('deletes counters and devices that mean nothing any more', async () => {
  await rowsOf(
    deps,
    `insert into guess_counters (key, failures, forget_at)
     select n::text::bytea, 1, now() + make_interval(secs => case when n <= 5 then -1 else 60 end)
       from generate_series(1, 7) n`,
  )
  await rowsOf(deps, `delete from known_devices`)
  await rowsOf(
    deps,
    `insert into known_devices (secret_hash, user_id, last_used_at, expires_at)
     select sha256(n::text::bytea), u.id, now(), now() + make_interval(secs => case when n <= 5 then -1 else 60 end)
       from users u, generate_series(1, 7) n`,
  )
  await sweep()
  assert.deepEqual([await count('guess_counters'), await count('known_devices')], [2, 2])
})

it('deletes assertions of clients that nobody can use again', async () => {
  await rowsOf(
    deps,
    `insert into client_assertions (client_id, jti_hash, expires_at)
     select 'signet', sha256(n::text::bytea), now() + make_interval(secs => case when n <= 5 then -1 else 60 end)
       from generate_series(1, 7) n`,
  )
  await sweep()
  assert.equal(await count('client_assertions'), 2)
})

it('deletes jobs that were done an hour ago, and keeps those that failed', async () => {
  for (let n = 0; n < 4; n += 1) await deps.db.transaction((tx) => enqueue(tx, 'clean_up', {}))
  await rowsOf(
    deps,
    `with numbered as (select id, row_number() over () as n from jobs.job)
     update jobs.job j
        set state = case when n = 1 then 'failed' when n = 4 then 'created' else 'completed' end::jobs.job_state,
            completed_on = case when n = 2 then now() - interval '61 minutes' when n < 4 then now() end
       from numbered where numbered.id = j.id`,
  )
  await sweep()
  const states = await rowsOf(deps, 'select state::text from jobs.job order by 1')
  assert.deepEqual(states.flat(), ['completed', 'created', 'failed'])
})

it('passes over what somebody holds, and stops when it is told to', async () => {
  await rowsOf(deps, `delete from sessions`)
  for (let n = 0; n < 3; n += 1) await signInAs(deps, email)
  await rowsOf(deps, `update sessions set ended_at = now() - interval '31 days'`)
  await cleanUp(deps.db, AbortSignal.abort())
  assert.equal(await count('sessions'), 3)
  await deps.db.transaction(async (tx) => {
    await rowsOf({ db: tx } as Deps, 'select id from sessions limit 1 for update')
    await sweep()
  })
  assert.equal(await count('sessions'), 1)
})
