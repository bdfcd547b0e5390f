/**
 * Where a client keeps what it holds: one text, so that it is never half written. Tabs of one app share one storage.
 *
 * A refresh token signs a person in. Keep it where no other app and no page of another origin can read it.
 */

export interface TokenStorage {
  get(): Promise<string | undefined> | string | undefined
  /** Stores the text, or forgets it. Resolves once it is safely stored. */
  set(text: string | undefined): Promise<void> | void
}

/** Keeps it in memory: gone when the page or the process is. */
export function createMemoryStorage(): TokenStorage {
  let held: string | undefined
  return {
    get: () => held,
    set: (text) => {
      held = text
    },
  }
}

/** What a signed-in client holds. */
export interface HeldTokens {
  refreshToken: string
  accessToken: string
  /** By this machine's clock, in milliseconds since 1970. */
  accessTokenExpiresAt: number
  /** How long the access token is good, from issue to expiry. */
  accessTokenLifetimeMs: number
  sessionId: string
}

/** What is stored; undefined where nobody is signed in, or where it was written by something else. */
export async function readTokens(storage: TokenStorage): Promise<HeldTokens | undefined> {
  const text = await storage.get()
  if (text === undefined) return undefined
  try {
    const held = JSON.parse(text) as HeldTokens
    return typeof held.refreshToken === 'string' ? held : undefined
  } catch {
    return undefined
  }
}

export async function writeTokens(storage: TokenStorage, held: HeldTokens): Promise<void> {
  await storage.set(JSON.stringify(held))
}
