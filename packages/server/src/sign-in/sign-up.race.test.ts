import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { signInAs } from '../testing/accounts.ts'
import { openTestDeps, rowsOf, type TestDeps, testContext } from '../testing/deps.ts'
import { signUp } from './sign-up.ts'

let test: TestDeps
let deps: Deps

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())

const form = { password: 'correct horse battery', displayName: '', locale: '' }

/** The same parts, where nobody goes on before all of them have hashed: so that the transactions do meet. */
function meeting(count: number): Deps {
  const all = Promise.withResolvers<void>()
  let hashed = 0
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    async hash(...args) {
      const hash = await deps.passwords.hash(...args)
      hashed += 1
      if (hashed === count) all.resolve()
      await all.promise
      return hash
    },
  }
  return { ...deps, passwords }
}

/** As a client does: UNAVAILABLE says that nothing is known to have happened, and to try again. */
async function signUpRetrying(...args: Parameters<typeof signUp>): Promise<void> {
  for (;;) {
    try {
      return await signUp(...args)
    } catch (error) {
      if (!(error instanceof SignetError) || error.reason !== ErrorReason.UNAVAILABLE) throw error
    }
  }
}

function holders(canonical: string): Promise<unknown[][]> {
  return rowsOf(
    deps,
    `select i.verified_at is not null from identifiers i join passwords p on p.user_id = i.user_id
      where i.canonical = $1 order by 1`,
    [canonical],
  )
}

it('of 50 sign-ups with one address at once, three open an account and all answer the same', async () => {
  const spellings = [
    'race@example.com',
    'RACE@example.com',
    'Race@EXAMPLE.com',
    'ｒａｃｅ@example.com',
  ]
  const racing = meeting(50)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      signUpRetrying(racing, testContext(), {
        ...form,
        email: spellings[i % spellings.length] ?? '',
      }),
    ),
  )
  assert.deepEqual([...new Set(answers)], [undefined])
  assert.deepEqual(await holders('race@example.com'), [[false], [false], [false]])
  const [[users]] = (await rowsOf(deps, 'select count(*)::integer from users')) as [[number]]
  assert.equal(users, 3)
})

it('sign-ups with different addresses at once all open theirs', async () => {
  const emails = Array.from({ length: 30 }, (_, i) => `user${i}@example.com`)
  await Promise.all(emails.map((email) => signUpRetrying(deps, testContext(), { ...form, email })))
  for (const email of emails) assert.deepEqual(await holders(email), [[false]])
})

it('of sign-ups and administrators made with one address at once, one user owns it', async () => {
  const email = 'root@example.com'
  const racing = meeting(12)
  const strangers = { ...form, email, password: 'the password of a stranger' }
  await Promise.all([
    ...Array.from({ length: 8 }, () => signUp(racing, testContext(), strangers)),
    ...Array.from({ length: 4 }, () =>
      createAdministrator(racing, testContext(), { ...form, email }),
    ),
  ])
  const verified = (await holders(email)).filter(([isVerified]) => isVerified)
  assert.equal(verified.length, 1)
  const administrators = await rowsOf(deps, 'select user_id from role_assignments')
  assert.equal(administrators.length, 1)
  assert.ok(await signInAs(deps, email))
  await assert.rejects(signInAs(deps, email, strangers.password))
})
