/** A client of the REST wire for tests of the whole service: what a status was, and what the body said. */

import { randomUUID } from 'node:crypto'
import type { DatabaseAddress } from '../packages/server/src/db/address.ts'

export interface Answer {
  /** 0 where there was no answer at all: refused, reset, or cut in the middle. */
  status: number
  body: {
    accepted?: boolean
    reason?: string
    tokens?: { accessToken: string; refreshToken: string }
    user?: { id: string }
  }
}

export interface Person {
  email: string
  password: string
}

/** Somebody who has no account yet. */
export function somebody(): Person {
  return {
    email: `${randomUUID()}@example.com`,
    password: `a sentence that nobody uses ${randomUUID()}`,
  }
}

export const signUp = (url: string, person: Person) =>
  call(url, 'POST', '/api/v1/auth/sign-up', { body: person })

export const signIn = (url: string, { email, password }: Person) =>
  call(url, 'POST', '/api/v1/auth/sign-in', { body: { identifier: email, password } })

export const refresh = (url: string, refreshToken: string) =>
  call(url, 'POST', '/api/v1/auth/refresh', { body: { refreshToken } })

export const signOut = (url: string, token: string) =>
  call(url, 'POST', '/api/v1/auth/sign-out', { body: { token } })

export const whoAmI = (url: string, token: string) =>
  call(url, 'GET', '/api/v1/users/me', { token })

export const get = (url: string, path: string) => call(url, 'GET', path, {})

async function call(
  url: string,
  method: string,
  path: string,
  { body, token }: { body?: unknown; token?: string },
): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  } catch {
    return { status: 0, body: {} }
  }
}

/** The environment that leads a service to this database. */
export function databaseEnvironment({
  user,
  host,
  database,
  port,
}: DatabaseAddress): Record<string, string> {
  return {
    SIGNET_DATABASE_URL: `postgresql://${user}@${encodeURIComponent(host)}:${port}/${database}`,
    SIGNET_MASTER_SECRET: 'one secret for all instances of this test',
  }
}

/** Asks again until it is so. Throws after `timeoutMs`, naming what was waited for. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`${timeoutMs} ms went by, and still not: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
