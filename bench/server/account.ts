/** An account at a server under test, and calls by who is signed in. */

import type { SignetProcess } from './signet-process.ts'

const password = 'zebra quartz lamp hippo'

/** Opens an account and signs in; the access token. */
export async function openAccount({ origin }: SignetProcess, email: string): Promise<string> {
  await post(origin, 'sign-up', { email, password })
  const answer = await post(origin, 'sign-in', { identifier: email, password })
  return (answer as { tokens: { accessToken: string } }).tokens.accessToken
}

async function post(origin: string, method: string, body: object): Promise<unknown> {
  const answer = await fetch(`${origin}/api/v1/auth/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} was answered ${answer.status}`)
  return answer.json()
}
