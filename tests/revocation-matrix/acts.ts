/** How each cause of the matrix comes about: by the function or the endpoint that people, operators and services use. */

import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { SignOutScope } from '@signet/contract'
import { disableClient } from '../../packages/server/src/clients/disable-client.ts'
import { rotateClientSecret } from '../../packages/server/src/clients/rotate-client-secret.ts'
import type { Deps } from '../../packages/server/src/deps.ts'
import { confirmEmail } from '../../packages/server/src/emails/confirm-email.ts'
import { removeEmail } from '../../packages/server/src/emails/remove-email.ts'
import { undoEmailChange } from '../../packages/server/src/emails/undo-email-change.ts'
import { revokeInvitation } from '../../packages/server/src/invitations/invite-user.ts'
import { withdrawConsent } from '../../packages/server/src/oauth/consents.ts'
import { removePhone } from '../../packages/server/src/phones/remove-phone.ts'
import { signInByEmail } from '../../packages/server/src/recovery/email-sign-in.ts'
import { issueMailedLink, makeOpener } from '../../packages/server/src/recovery/mailed-links.ts'
import { resetPassword } from '../../packages/server/src/recovery/reset-password.ts'
import type { CauseName } from '../../packages/server/src/revocation/matrix/causes.ts'
import { recoverInstallation } from '../../packages/server/src/revocation/recover.ts'
import {
  revokeOtherSessions,
  revokeSession,
  signOut,
} from '../../packages/server/src/revocation/rpc.ts'
import { changePassword } from '../../packages/server/src/sign-in/change-password.ts'
import { signInAs, testPassword } from '../../packages/server/src/testing/accounts.ts'
import { rowsOf, testContext, withParts } from '../../packages/server/src/testing/deps.ts'
import { authenticateBearer } from '../../packages/server/src/tokens/authenticate.ts'
import { refreshTokens } from '../../packages/server/src/tokens/refresh-tokens.ts'
import { revokeSigningKey } from '../../packages/server/src/tokens/rotate-signing-keys.ts'
import { suspendUser, unsuspendUser } from '../../packages/server/src/users/suspend-user.ts'
import { eventually } from '../client.ts'
import { type Held, type Presence, redeem, requestToken } from './held.ts'
import { accepts, type World } from './world.ts'

export interface Act {
  end(world: World, held: Held): Promise<unknown>
  /** It reaches everybody, so it is judged in a world of its own. */
  ofEverybody?: true
  /** It moves the clock of this process, and whatever reads it. */
  movesClock?: true
  /** The parts with which the sessions are opened, where they must be special. */
  partsFor?(deps: Deps, held: 'here' | 'other'): Deps
  /** Opens again what was closed. What has ended must stay dead. */
  reopen?(world: World, held: Held): Promise<unknown>
}

const newPassword = 'lantern orbit velvet 42'
const expirySeconds = 60

async function as({ deps }: World, { accessToken }: Presence) {
  return testContext({ caller: await authenticateBearer(deps, testContext(), accessToken) })
}

async function emailOf({ deps }: World, { userId }: Held): Promise<string> {
  const text = 'select id from identifiers where user_id = $1 order by created_at limit 1'
  return String((await rowsOf(deps, text, [userId]))[0]?.[0])
}

/** Another address, by the link from its mailbox. */
async function proveAnother(
  world: World,
  held: Held,
  where: 'beside it' | 'in its place',
): Promise<void> {
  const { userId } = held
  const [opener, email] = [makeOpener(), `another-${userId}@example.com`]
  const identifierId = where === 'beside it' ? null : await emailOf(world, held)
  const link = {
    purpose: 'add_email',
    identifierId,
    userId,
    value: email,
    canonical: email,
  } as const
  await issueMailedLink(world.deps, { ...link, opener, lifetimeMinutes: 60 }, new Date())
  const proof = { token: opener.token, email: '', code: '' }
  await confirmEmail(world.deps, testContext(), { proof })
}

const leave =
  (scope: SignOutScope): Act['end'] =>
  ({ deps }, { here }) =>
    signOut(deps, testContext(), { token: here.accessToken, scope, waitMs: 0 } as never)

const rotate: Act['end'] = ({ deps }, { shop: { clientId } }) =>
  rotateClientSecret(deps, testContext({ caller: { kind: 'operator' } }), { clientId })

const revokeByClient =
  (which: 'accessToken' | 'refreshToken'): Act['end'] =>
  async ({ service }, { minted, shop: { authorization } }) => {
    const { status } = await service.post(
      '/oauth2/revoke',
      { token: minted[which] },
      { authorization },
    )
    assert.equal(status, 200)
  }

/** Uses the token twice beyond the window, then presents the first one again. */
async function reuse({ deps }: World, { here }: Held): Promise<void> {
  const [first, context] = [here.refreshToken, testContext()]
  for (let turn = 0; turn < 2; turn += 1) {
    const text = `update grants set window_opened_at = window_opened_at - interval '1 hour' where session_id = $1`
    await rowsOf(deps, text, [here.sessionId])
    const next = await refreshTokens(deps, context, { refreshToken: here.refreshToken })
    assert.notEqual(next.refreshToken, here.refreshToken)
    here.refreshToken = next.refreshToken
  }
  await assert.rejects(refreshTokens(deps, context, { refreshToken: first }))
}

const expiryColumns = {
  sessionIdleLifetimeSeconds: 'idle_expires_at',
  sessionLifetimeSeconds: 'expires_at',
} as const

/** A session that is over after a minute, however it comes to that. */
function expiring(setting: keyof typeof expiryColumns): Act {
  return {
    ofEverybody: true,
    movesClock: true,
    partsFor: (deps, held) =>
      held === 'other'
        ? deps
        : withParts(deps, { config: { ...deps.config, [setting]: expirySeconds } }),
    async end({ deps }, { here }) {
      const claims = JSON.parse(
        Buffer.from(here.accessToken.split('.')[1] ?? '', 'base64url').toString(),
      )
      const column = expiryColumns[setting]
      const asked = `select extract(epoch from ${column})::float8 from sessions where id = $1`
      const [[over]] = (await rowsOf(deps, asked, [here.sessionId])) as [[number]]
      assert.ok(claims.exp <= over, 'no token outlives its session')
      // For this session the database's clock is ahead, for everybody the clock of this process.
      const text = `update sessions set ${column} = signet_now() - interval '1 second' where id = $1`
      await rowsOf(deps, text, [here.sessionId])
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 2 * expirySeconds * 1000 })
    },
  }
}

export const acts: Record<CauseName, Act> = {
  signOut: { end: leave(SignOutScope.THIS_SESSION) },
  plainLogout: {
    end: ({ service }, { here }) =>
      service.post('/logout', '', { authorization: `Bearer ${here.accessToken}` }),
  },
  signOutOthers: { end: leave(SignOutScope.OTHER_SESSIONS) },
  signOutEverywhere: { end: leave(SignOutScope.EVERYWHERE) },
  revokeSession: {
    end: async (world, { here, other: { sessionId } }) =>
      revokeSession(world.deps, await as(world, here), { sessionId, waitMs: 0 } as never),
  },
  revokeOtherSessions: {
    end: async (world, { here }) =>
      revokeOtherSessions(world.deps, await as(world, here), { waitMs: 0 } as never),
  },
  operatorKill: {
    end: ({ deps }, { userId, here: { sessionId } }) =>
      deps.sessionEnds.end(testContext(), { sessionId, userId, reason: 'revoked_by_operator' }),
  },
  passwordChange: {
    end: async (world, { here }) =>
      changePassword(world.deps, await as(world, here), {
        currentPassword: testPassword,
        newPassword,
      }),
  },
  passwordReset: {
    end: ({ deps }, { links: { reset_password: token } }) =>
      resetPassword(deps, testContext(), { proof: { token, email: '', code: '' }, newPassword }),
  },
  emailChanged: { end: (world, held) => proveAnother(world, held, 'in its place') },
  emailRemoved: {
    async end(world, held) {
      const emailId = await emailOf(world, held)
      await proveAnother(world, held, 'beside it')
      await removeEmail(world.deps, await as(world, held.here), { emailId })
    },
  },
  phoneRemoved: {
    end: async (world, { here, phone: { number: phone } }) =>
      removePhone(world.deps, await as(world, here), { phone }),
  },
  emailChangeUndone: {
    end: ({ deps }, { undoLink: token }) => undoEmailChange(deps, testContext(), { token }),
  },
  invitationRevoked: {
    end: ({ deps }, { invitation: { id: invitationId } }) =>
      revokeInvitation(deps, testContext(), { invitationId }),
  },
  unprovenAddressProved: {
    async end({ deps }, { userId, links: { sign_in: token } }) {
      const text = 'update identifiers set verified_at = null where user_id = $1'
      await rowsOf(deps, text, [userId])
      const parts = withParts(deps, { config: { ...deps.config, emailSignIn: true } })
      const mail = { requestToken, token, code: '', device: undefined, deviceSecret: '' }
      const yields = { kind: 'grant', audience: [`${deps.config.issuer}/api`] } as const
      await signInByEmail(parts, testContext(), { ...mail, yields })
    },
  },
  suspension: {
    end: ({ deps }, { userId }) => suspendUser(deps, testContext(), { userId }),
    reopen: ({ deps }, { userId }) => unsuspendUser(deps, testContext(), { userId }),
  },
  clientDisabled: {
    end: ({ deps }, { shop: { clientId } }) => disableClient(deps, testContext(), { clientId }),
  },
  secretRotatedOnce: { end: rotate },
  secretRotatedTwice: {
    async end(world, held) {
      await rotate(world, held)
      await rotate(world, held)
    },
  },
  accessTokenRevoked: { end: revokeByClient('accessToken') },
  refreshTokenRevoked: { end: revokeByClient('refreshToken') },
  refreshReuse: { end: reuse },
  authorizationCodeReuse: {
    end: ({ deps }, { here }) => assert.rejects(redeem(deps, here.app.code)),
  },
  consentWithdrawn: {
    end: ({ deps }, { userId, app: clientId }) =>
      withdrawConsent(deps, testContext(), { userId, clientId }),
  },
  recover: {
    ofEverybody: true,
    async end(world) {
      await recoverInstallation(world.deps, testContext())
      await world.renewClients()
    },
  },
  signingKeyRevoked: {
    ofEverybody: true,
    async end({ deps, verifier, redisVerifier }, { here, email }) {
      const header = Buffer.from(here.accessToken.split('.')[0] ?? '', 'base64url').toString()
      const { changed } = await revokeSigningKey(deps, testContext(), JSON.parse(header))
      assert.equal(changed, true)
      await deps.signingKeys.reload()
      const { accessToken } = await signInAs(deps, email)
      // A verifier asks for an unknown key again after a cool-down of five seconds.
      for (const each of [verifier, redisVerifier])
        await eventually('the new key is known', () => accepts(each, accessToken))
    },
  },
  idleExpiry: expiring('sessionIdleLifetimeSeconds'),
  absoluteExpiry: expiring('sessionLifetimeSeconds'),
}
