/**
 * `fetch` with the access token of whoever is signed in, for Signet and for the origins that the app names. Any other
 * origin is refused before anything is sent: a token that reaches a stranger is the stranger's.
 *
 * Specs: RFC 6750 §2.1, §3.1.
 */

import type { Refresher } from './refresh.ts'

export interface AuthorisedFetchOptions {
  fetch: typeof fetch
  refresher: Pick<Refresher, 'accessToken'>
  /** Origins that may see the access token, such as `https://api.example.com`. */
  origins: readonly string[]
}

/**
 * Makes the function. A 401 is answered with a fresh token, once.
 * Throws TypeError for an origin that was not named, and SignetClientError where nobody is signed in.
 */
export function createAuthorisedFetch({ fetch, refresher, origins }: AuthorisedFetchOptions) {
  const allowed = new Set(origins.map((origin) => new URL(origin).origin))
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    // A redirect could carry the token to another origin.
    const request = new Request(input, { redirect: 'error', ...init })
    const { origin } = new URL(request.url)
    if (!allowed.has(origin)) throw new TypeError(`${origin} is not to see the access token`)

    const accessToken = await refresher.accessToken()
    const again = request.clone()
    const response = await fetch(withBearer(request, accessToken))
    if (response.status !== 401) return response
    await response.body?.cancel()
    return fetch(withBearer(again, await refresher.accessToken(accessToken)))
  }
}

function withBearer(request: Request, accessToken: string): Request {
  const headers = new Headers(request.headers)
  headers.set('authorization', `Bearer ${accessToken}`)
  return new Request(request, { headers })
}
