/** What a subject needs of a running service before it measures: an account, access tokens of it, and a client. */

import { runSignet } from '../../packages/server/src/cli/testing/spawn-signet.ts'
import type { HttpRequest } from '../load/http-message.ts'

/** What the tokens of a sign-in are for, at a service with this issuer. */
export const apiOf = (issuer: string) => `${issuer}/api`

export interface Person {
  email: string
  password: string
}

/** Opens an account. */
export async function signUp(origin: string, person: Person): Promise<void> {
  await post(origin, 'sign-up', person)
}

/** Opens accounts, one after the other. */
export async function openAccounts(origin: string, people: readonly Person[]): Promise<void> {
  for (const person of people) await signUp(origin, person)
}

/** The requests that sign these people in. */
export function signInsOf(people: readonly Person[]): HttpRequest[] {
  return people.map(({ email: identifier, password }) => ({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    json: { identifier, password },
  }))
}

/** The access tokens of so many sign-ins, each of a session of its own. */
export async function signIns(
  origin: string,
  { email: identifier, password }: Person,
  count: number,
): Promise<string[]> {
  const tokens: string[] = []
  while (tokens.length < count) {
    const several = Array.from({ length: Math.min(8, count - tokens.length) }, () =>
      post(origin, 'sign-in', { identifier, password }),
    )
    for (const answer of await Promise.all(several)) {
      tokens.push((answer as { tokens: { accessToken: string } }).tokens.accessToken)
    }
  }
  return tokens
}

/** Calls a method of AuthService. Rejects where it is refused. */
export async function post(origin: string, method: string, body: object): Promise<unknown> {
  const response = await fetch(`${origin}/api/v1/auth/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) {
    throw new Error(`${method} answered ${response.status}: ${await response.text()}`)
  }
  return response.json()
}

/**
 * Registers a client that keeps a secret, as an operator does. `settings` lead the command line to the database. With a namespace
 * of its own subjects it is a service, which nobody signs in to.
 */
export async function createClient(
  settings: Record<string, string>,
  id: string,
  {
    permission,
    audience,
    namespace,
  }: { permission?: string; audience?: string; namespace?: string },
): Promise<{ id: string; secret: string }> {
  const type = namespace === undefined ? 'confidential' : 'service'
  const args = ['client', 'create', id, '--type', type]
  if (namespace !== undefined) args.push('--subject-namespace', namespace)
  if (permission !== undefined) args.push('--permission', permission)
  if (audience !== undefined) args.push('--audience', audience)
  const { exitCode, stdout, stderr } = await runSignet([...args, '--json'], {
    environment: settings,
  })
  if (exitCode !== 0) throw new Error(`client create ended with ${exitCode}: ${stderr}`)
  return { id, secret: JSON.parse(stdout).secret }
}
