/**
 * The client of Signet for browsers and Node apps: signs people in and keeps them signed in.
 *
 *     const signet = createClient({ url: 'https://accounts.example.com' })
 *     await signet.signIn({ identifier: 'ada@example.com', password })
 *     const me = await signet.getMe()
 */

export { type ClientOptions, createClient, type SignetClient } from './client.ts'
export { type ClientErrorReason, SignetClientError } from './error.ts'
export type { Locks } from './locks.ts'
export type { Calls } from './rpc.ts'
export { createMemoryStorage, type TokenStorage } from './storage.ts'
