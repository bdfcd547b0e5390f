/** One authorization code redeemed by all at once: one gets tokens, and because the others have used the code too, those end. */

import { hash, randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { Secret } from '../../packages/server/src/config/secret.ts'
import {
  browserCookie,
  keepBrowserSecret,
  makeBrowserSecret,
} from '../../packages/server/src/sessions/browser-session.ts'
import type { Random } from '../random.ts'
import { rowsOf } from '../server/own-postgres.ts'
import { broken, type Race, type Round } from './race.ts'
import { signIn, signUp, users, type World } from './world.ts'

const clientId = 'race'
const redirectUri = 'https://race.example/callback'
const codeVerifier = 'one-verifier-of-forty-three-characters-or-so'

export const authorizationCode: Race = {
  name: 'authorization-code',
  about: 'one code: tokens for one, and none that last once it is used again',
  rounds: 300,
  async prepare(world) {
    const client = `insert into clients (id, name, type, first_party, scopes, grant_types, redirect_uris, created_at, updated_at)
                    values ($1, $1, 'public', true, '{openid}', '{authorization_code,refresh_token}', array[$2], now(), now())
                    on conflict do nothing`
    await rowsOf(world.db, client, [clientId, redirectUri])
    const cookie = await openBrowser(world)
    return (random) => redeem(world, random, cookie)
  },
}

/** The `Cookie` header of a browser in which somebody is signed in. */
async function openBrowser(world: World): Promise<string> {
  const { sessionId } = await signIn(world, await signUp(world))
  const { secret, secretHash } = makeBrowserSecret()
  await keepBrowserSecret(world.db, { sessionId: sessionId as never, secretHash })
  const settings = { issuer: 'http://127.0.0.1', sessionLifetimeSeconds: 3600 }
  const setCookie = browserCookie(settings, [new Secret(secret)])
  return setCookie.slice(0, setCookie.indexOf(';'))
}

async function redeem(world: World, random: Random, cookie: string): Promise<Round> {
  const code = await authorize(world, cookie)
  const body = new URLSearchParams({
    ...{ grant_type: 'authorization_code', code, client_id: clientId },
    ...{ redirect_uri: redirectUri, code_verifier: codeVerifier },
  })
  const spread = Array.from({ length: users }, (_, i) => originOf(world, i))
  const answers = await Promise.all(
    random.shuffled(spread).map(async (origin) => {
      const answer = await fetch(`${origin}/oauth2/token`, { method: 'POST', body })
      return { status: answer.status, body: (await answer.json()) as Record<string, string> }
    }),
  )
  const won = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ body: { error } }) => error === 'invalid_grant').length
  const last = await stillAccepting(world, won[0]?.body.access_token ?? '')
  const violations = broken({
    [`${won.length} got tokens`]: won.length === 1,
    [`${refused} were refused as they should be`]: refused === users - 1,
    [`${last} instances accept the tokens of a code that was used again`]: last === 0,
  })
  return { counts: { redeemed: won.length, refused }, violations }
}

/** How many instances take the token, once the one that did not end it has had a second to hear of it. */
async function stillAccepting({ origins }: World, accessToken: string): Promise<number> {
  const authorization = `Bearer ${accessToken}`
  const until = performance.now() + 1000
  for (;;) {
    const answers = await Promise.all(
      origins.map((origin) => fetch(`${origin}/oauth2/userinfo`, { headers: { authorization } })),
    )
    const accepting = answers.filter(({ status }) => status !== 401).length
    if (accepting === 0 || performance.now() > until) return accepting
    await setTimeout(20)
  }
}

async function authorize(world: World, cookie: string): Promise<string> {
  const parameters = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, scope: 'openid' },
    ...{ state: randomUUID(), code_challenge_method: 'S256' },
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
  })
  const answer = await fetch(`${originOf(world, 0)}/oauth2/authorize?${parameters}`, {
    redirect: 'manual',
    headers: { cookie },
  })
  const code = URL.parse(answer.headers.get('location') ?? '')?.searchParams.get('code')
  if (!code) throw new Error(`there is no code: ${answer.status} ${await answer.text()}`)
  return code
}

function originOf({ origins }: World, i: number): string {
  return origins[i % origins.length] ?? ''
}
