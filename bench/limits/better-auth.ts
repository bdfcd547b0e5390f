/**
 * Better Auth with its defaults, on Postgres: sign-ins by email and password, hashed with its own scrypt; runs as a child.
 *
 * Off is what would refuse the load, and what would send something elsewhere: its rate limit and its telemetry.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import type { DatabaseAddress } from '../../packages/server/src/db/address.ts'
import { answerParent } from '../child.ts'
import { openPeerPool } from './peer-pool.ts'

export interface BetterAuthQuestion {
  address: DatabaseAddress
  emails: string[]
  password: string
}

/** Answers its origin, once the accounts are open. */
answerParent(async ({ address, emails, password }: BetterAuthQuestion): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = betterAuth({
    database: await openPeerPool(address, 'better_auth'),
    baseURL: origin,
    secret: randomBytes(32).toString('base64'),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  })
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()
  server.on('request', toNodeHandler(auth))
  for (const email of emails) await auth.api.signUpEmail({ body: { email, password, name: email } })
  return origin
})
