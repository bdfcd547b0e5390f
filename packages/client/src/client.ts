/**
 * What an app holds: sign up, sign in, call methods of the contract, sign out. Access tokens refresh themselves.
 *
 * Nothing runs in the background: a refresh happens when a call needs it. One client serves one person at a time.
 */

import type { DescMethodUnary, DescService, MessageInitShape } from '@bufbuild/protobuf'
import { getOption } from '@bufbuild/protobuf'
import {
  AuthService,
  type SignInRequestSchema,
  SignOutScope,
  type SignUpRequestSchema,
  type User,
  UserService,
} from '@signet/contract'
import { access } from '@signet/contract/options'
import { createAuthorisedFetch } from './authorised-fetch.ts'
import { SignetClientError } from './error.ts'
import { type Locks, platformLocks } from './locks.ts'
import { createRefresher, persist, type Refresher } from './refresh.ts'
import { type Calls, callMethod, callsOf, type RpcOptions } from './rpc.ts'
import { createMemoryStorage, readTokens, type TokenStorage } from './storage.ts'

export interface ClientOptions {
  /** Where Signet is, such as `https://accounts.example.com`. */
  url: string
  /** Where tokens are kept; in memory unless given. */
  storage?: TokenStorage
  /**
   * Where the secret is kept that the service gives this device; in memory unless given. It outlives a sign-out, opens
   * nothing by itself, and lets the person in while strangers guess at the password.
   */
  deviceStorage?: TokenStorage
  /** Origins beside Signet's own to which `fetch` may send the access token. */
  origins?: readonly string[]
  /** Called when a session turns out to be over; not by `signOut`. */
  onSignedOut?: () => void
  /** How long one call may take. */
  timeoutMs?: number
  /** The platform's Web Locks unless given; `null` for none. */
  locks?: Locks | null
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
}

export interface SignetClient {
  /** Opens an account. Says nothing about whether the address was known. */
  signUp(input: MessageInitShape<typeof SignUpRequestSchema>): Promise<void>
  /** Signs a person in and keeps the tokens. Answers the session's identifier. */
  signIn(input: MessageInitShape<typeof SignInRequestSchema>): Promise<{ sessionId: string }>
  /** The session that is signed in, as far as this storage knows; the service is not asked. */
  sessionId(): Promise<string | undefined>
  /** The signed-in user. */
  getMe(): Promise<User>
  /** Any service of the contract: `client.calls(SessionService).listSessions({})`. */
  calls<S extends DescService>(service: S): Calls<S>
  /** `fetch` with the access token, to Signet and the origins of the options. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** An access token to hand to something that is not `fetch`. */
  accessToken(): Promise<string>
  /**
   * Signs out, here first: the storage is empty before the service is asked, so that no network failure keeps anybody
   * signed in here. `acknowledged` tells whether the service has ended the session, too. Never throws for a network.
   */
  signOut(options?: { everywhere?: boolean }): Promise<{ acknowledged: boolean }>
}

const timeoutMsDefault = 10_000

/** Makes a client. Nothing is sent before it is asked for something. */
export function createClient(options: ClientOptions): SignetClient {
  const { url, timeoutMs = timeoutMsDefault } = options
  const { storage = createMemoryStorage(), deviceStorage = createMemoryStorage() } = options
  const fetch: typeof globalThis.fetch =
    options.fetch ?? ((...request) => globalThis.fetch(...request))
  const rpc: RpcOptions = { url, fetch, timeoutMs }
  const refresher = createRefresher({
    rpc,
    storage,
    locks: options.locks === undefined ? platformLocks() : (options.locks ?? undefined),
    now: options.now ?? Date.now,
    onSignedOut: options.onSignedOut ?? (() => undefined),
  })
  const calls = <S extends DescService>(service: S) =>
    callsOf(service, (method, input) => callAuthorised({ rpc, refresher }, method, input))

  return {
    async signUp(input) {
      await callMethod(rpc, AuthService.method.signUp, { input })
    },
    signIn: (input) => signIn({ rpc, refresher, deviceStorage }, input),
    sessionId: async () => (await readTokens(storage))?.sessionId,
    async getMe() {
      const { user } = await calls(UserService).getMe({})
      if (user === undefined) throw new SignetClientError('INTERNAL', 'The answer holds no user.')
      return user
    },
    calls,
    fetch: createAuthorisedFetch({ fetch, refresher, origins: [url, ...(options.origins ?? [])] }),
    accessToken: () => refresher.accessToken(),
    signOut: ({ everywhere = false } = {}) => signOut({ rpc, storage, refresher }, everywhere),
  }
}

async function signIn(
  {
    rpc,
    refresher,
    deviceStorage,
  }: { rpc: RpcOptions; refresher: Refresher; deviceStorage: TokenStorage },
  input: MessageInitShape<typeof SignInRequestSchema>,
): Promise<{ sessionId: string }> {
  const known = (await deviceStorage.get()) ?? ''
  const { result, deviceSecret } = await callMethod(rpc, AuthService.method.signIn, {
    input: { deviceSecret: known, ...input },
  })
  if (result.case !== 'tokens') {
    throw new SignetClientError('INTERNAL', 'The service asks for more than this client can do.')
  }
  await refresher.settled()
  await refresher.keep(result.value)
  if (deviceSecret !== '') await deviceStorage.set(deviceSecret)
  return { sessionId: result.value.sessionId }
}

/** Methods that anyone may call go without a token; of the others, a refused token is refreshed once. */
async function callAuthorised(
  { rpc, refresher }: { rpc: RpcOptions; refresher: Refresher },
  method: DescMethodUnary,
  input: MessageInitShape<DescMethodUnary['input']>,
): Promise<unknown> {
  if (getOption(method, access).who.case === 'public') return callMethod(rpc, method, { input })
  const accessToken = await refresher.accessToken()
  try {
    return await callMethod(rpc, method, { input, accessToken })
  } catch (error) {
    const refused = error instanceof SignetClientError && error.reason === 'UNAUTHENTICATED'
    if (!refused) throw error
    const another = await refresher.accessToken(accessToken)
    return callMethod(rpc, method, { input, accessToken: another })
  }
}

async function signOut(
  { rpc, storage, refresher }: { rpc: RpcOptions; storage: TokenStorage; refresher: Refresher },
  everywhere: boolean,
): Promise<{ acknowledged: boolean }> {
  const held = await readTokens(storage)
  await storage.set(undefined)
  if (held === undefined) return { acknowledged: false }
  const scope = everywhere ? SignOutScope.EVERYWHERE : SignOutScope.THIS_SESSION
  // The refresh under way can no longer store what it gets; waiting for it keeps the two calls apart.
  await refresher.settled()
  try {
    const input = { token: held.refreshToken, scope }
    await persist(() => callMethod(rpc, AuthService.method.signOut, { input }))
    return { acknowledged: true }
  } catch (error) {
    if (error instanceof SignetClientError) return { acknowledged: false }
    throw error
  }
}
