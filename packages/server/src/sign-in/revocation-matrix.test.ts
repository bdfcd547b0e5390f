/**
 * The completeness matrix: each cause of an end against each thing that somebody may hold when it comes.
 *
 * A thing that is made while the cause is at work (a sign-in whose hash is still running) counts as held. Opening again
 * what was closed brings nothing back.
 */

import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { SignOutScope } from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import {
  issueMailedLink,
  type MailedProof,
  makeOpener,
  requireLiveLink,
} from '../recovery/mailed-links.ts'
import { resetPassword } from '../recovery/reset-password.ts'
import { recoverInstallation } from '../revocation/recover.ts'
import { revokeOtherSessions, revokeSession, signOut } from '../revocation/rpc.ts'
import { openTestUser, signInAs, testPassword } from '../testing/accounts.ts'
import { openFileDeps, rowsOf, testContext } from '../testing/deps.ts'
import { authenticateBearer } from '../tokens/authenticate.ts'
import { refreshTokens } from '../tokens/refresh-tokens.ts'
import { suspendUser, unsuspendUser } from '../users/suspend-user.ts'
import { changePassword } from './change-password.ts'

const { deps } = await openFileDeps({ emptied: ['users'] })

type SignedIn = Awaited<ReturnType<typeof signInAs>>
type Held = 'this session' | 'another session' | 'a running sign-in'

let userId: UserId
const email = 'ada@example.com'

beforeEach(async () => {
  userId = await openTestUser(deps, email)
})

const leave = (scope: SignOutScope) => (here: SignedIn) =>
  signOut(deps, testContext(), { token: here.accessToken, scope } as Parameters<typeof signOut>[2])

async function as({ accessToken }: SignedIn) {
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

const setClientStatus = (status: string) =>
  rowsOf(
    deps,
    `update clients set status = $1 where id = 'signet'
     returning case when status = 'disabled' then log_revocation('client', id, 'client_disabled') end`,
    [status],
  )

/** A link for a new password that lies in the mailbox, as its token. */
async function mailedLink(): Promise<MailedProof> {
  const opener = makeOpener()
  const [row] = await rowsOf(deps, 'select id from identifiers where user_id = $1', [userId])
  const link = { purpose: 'reset_password', identifierId: String(row?.[0]), userId } as const
  await issueMailedLink(deps, { ...link, canonical: email, opener, lifetimeHours: 1 }, new Date())
  return { token: opener.token, email: '', code: '' }
}

const isGood = (proof: MailedProof) =>
  succeeds(requireLiveLink(deps, testContext(), { purpose: 'reset_password', proof }))

interface Cause {
  end(here: SignedIn): Promise<unknown>
  /** Opens again what was closed, where that can be done. */
  reopen?(): Promise<unknown>
  survives: Held[]
  /** Whether a link in the mailbox survives: it belongs to the user, and to no session or client. */
  keepsMailedLinks?: true
  /** Of a sign-in after it. */
  password?: string
}

const everything: Held[] = ['this session', 'another session', 'a running sign-in']
const nothing: Held[] = []

const causes: Record<string, Cause> = {
  'signing out': {
    end: leave(SignOutScope.THIS_SESSION),
    survives: ['another session', 'a running sign-in'],
    keepsMailedLinks: true,
  },
  'ending this session by its id': {
    end: async (here) =>
      revokeSession(deps, await as(here), { sessionId: here.sessionId } as never),
    survives: ['another session', 'a running sign-in'],
    keepsMailedLinks: true,
  },
  'signing out the others': {
    end: leave(SignOutScope.OTHER_SESSIONS),
    survives: ['this session'],
  },
  'ending the other sessions': {
    end: async (here) => revokeOtherSessions(deps, await as(here), {} as never),
    survives: ['this session'],
  },
  'signing out everywhere': { end: leave(SignOutScope.EVERYWHERE), survives: nothing },
  'changing the password': {
    end: async (here) =>
      changePassword(deps, await as(here), {
        currentPassword: testPassword,
        newPassword: 'lantern orbit velvet 42',
      }),
    survives: ['this session'],
    password: 'lantern orbit velvet 42',
  },
  'changing the password to the same one': {
    end: async (here) =>
      changePassword(deps, await as(here), {
        currentPassword: testPassword,
        newPassword: testPassword,
      }),
    survives: ['this session'],
  },
  'setting a new password by mail': {
    end: async () =>
      resetPassword(deps, testContext(), {
        proof: await mailedLink(),
        newPassword: 'lantern orbit velvet 42',
      }),
    survives: nothing,
    password: 'lantern orbit velvet 42',
  },
  suspension: {
    end: () => suspendUser(deps, testContext(), { userId }),
    reopen: () => unsuspendUser(deps, testContext(), { userId }),
    survives: nothing,
  },
  'disabling the client': {
    end: () => setClientStatus('disabled'),
    reopen: () => setClientStatus('active'),
    survives: nothing,
    keepsMailedLinks: true,
  },
  recovering: { end: () => recoverInstallation(deps, testContext()), survives: nothing },
}

for (const [name, cause] of Object.entries(causes)) {
  const { end, reopen = async () => undefined, survives, password = testPassword } = cause

  describe(name, () => {
    const expect = async (held: Held, signedIn: SignedIn | undefined) => {
      const alive = survives.includes(held)
      if (signedIn === undefined) return assert.equal(alive, false, held)
      const { accessToken, refreshToken } = signedIn
      const byAccessToken = authenticateBearer(deps, testContext(), accessToken)
      assert.equal(await succeeds(byAccessToken), alive, `${held}: access token`)
      const byRefreshToken = refreshTokens(deps, testContext(), { refreshToken })
      assert.equal(await succeeds(byRefreshToken), alive, `${held}: refresh token`)
    }

    it(`keeps ${survives.join(' and ') || 'nothing'} alive, and opening again revives nothing`, async () => {
      const [here, other] = [await signInAs(deps, email), await signInAs(deps, email)]
      const running = await signInWhile(() => end(here))
      const all = [here, other, running]
      for (const [i, held] of everything.entries()) await expect(held, all[i])
      await reopen()
      for (const [i, held] of everything.entries()) await expect(held, all[i])
      const again = await signInAs(deps, email, password)
      await authenticateBearer(deps, testContext(), again.accessToken)
    })

    it(`${cause.keepsMailedLinks ? 'keeps' : 'voids'} a link in the mailbox, and opening again revives none`, async () => {
      const here = await signInAs(deps, email)
      const link = await mailedLink()
      assert.equal(await isGood(link), true)
      await end(here)
      const kept = cause.keepsMailedLinks ?? false
      assert.equal(await isGood(link), kept)
      await reopen()
      assert.equal(await isGood(link), kept)
    })

    it('comes to the same where everything was opened again before the hash was done', async () => {
      const here = await signInAs(deps, email)
      const running = await signInWhile(async () => {
        await end(here)
        await reopen()
      })
      await expect('this session', here)
      await expect('a running sign-in', running)
    })
  })
}

/** A sign-in during which something happens: after the password was read, before it is known to be right. */
async function signInWhile(happens: () => Promise<unknown>): Promise<SignedIn | undefined> {
  const passwords: Deps['passwords'] = {
    ...deps.passwords,
    async verify(...args) {
      const verified = await deps.passwords.verify(...args)
      await happens()
      return verified
    },
  }
  return signInAs({ ...deps, passwords }, email).catch(() => undefined)
}

function succeeds(answer: Promise<unknown>): Promise<boolean> {
  return answer.then(
    () => true,
    () => false,
  )
}
