/** One authorization code redeemed by all at once: one gets tokens, and because the others have used the code too, those end. */

import { setTimeout } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { authorizePath, codeForm, codeIn, openBrowser, registerWebApp } from '../server/web-app.ts'
import { broken, type Race, type Round } from './race.ts'
import { signIn, signUp, users, type World } from './world.ts'

export const authorizationCode: Race = {
  name: 'authorization-code',
  about: 'one code: tokens for one, and none that last once it is used again',
  rounds: 300,
  async prepare(world) {
    await registerWebApp(world.db)
    const { sessionId } = await signIn(world, await signUp(world))
    const cookie = await openBrowser(world.db, sessionId)
    return (random) => redeem(world, random, cookie)
  },
}

async function redeem(world: World, random: Random, cookie: string): Promise<Round> {
  const code = await authorize(world, cookie)
  const body = new URLSearchParams(codeForm(code))
  const spread = Array.from({ length: users }, (_, i) => originOf(world, i))
  const answers = await Promise.all(
    random.shuffled(spread).map(async (origin) => {
      const answer = await untilServed(() =>
        fetch(`${origin}/oauth2/token`, { method: 'POST', body }),
      )
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

/** Asks again, as a client does, while an instance is too busy to look at the code: that uses up nothing. */
async function untilServed(ask: () => Promise<Response>): Promise<Response> {
  const until = performance.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503 || performance.now() > until) return answer
    await setTimeout(100)
  }
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
  const answer = await fetch(originOf(world, 0) + authorizePath(), {
    redirect: 'manual',
    headers: { cookie },
  })
  const code = codeIn(answer.headers.get('location') ?? undefined)
  if (code === undefined)
    throw new Error(`there is no code: ${answer.status} ${await answer.text()}`)
  return code
}

function originOf({ origins }: World, i: number): string {
  return origins[i % origins.length] ?? ''
}
