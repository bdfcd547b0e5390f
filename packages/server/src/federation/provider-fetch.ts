/**
 * How `openid-client` asks a provider: through the guarded way out, within limits, and with what it could not judge put right first.
 *
 * - What is slow, huge, no JSON, or a fault of the provider's (5xx, 429, a redirect) never reaches it.
 * - A refusal in a provider's own words becomes an OAuth error (RFC 6749 §5.2).
 * - The ID token is taken out of the answer and kept beside it. `openid-client` does not look at signatures of ID tokens that came
 *   straight from the provider, and knows one issuer for a provider where Microsoft has one for each tenant: `judge-token.ts`
 *   judges every token, and is the only one who does.
 */

import type { CustomFetch } from 'openid-client'
import type { Json } from '../db/query.ts'
import type { GuardedFetch } from '../outbound/guarded-fetch.ts'
import type { JsonObject, Profile } from './profiles/profile.ts'
import { UpstreamRefused } from './upstream.ts'

const bytesMax = 64 * 1024
const timeoutMs = 5_000
const accept = ['application/json']

/** An ID token on its way past `openid-client`. */
export interface Aside {
  idToken?: string
}

export function providerFetch(fetch: GuardedFetch, profile: Profile, aside: Aside): CustomFetch {
  return async (url, { method, body, headers, signal }) => {
    const { status, json } = await askForJson(fetch, url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      ...(body !== undefined && body !== null && { body: String(body) }),
      ...(signal && { signal }),
    })
    const answered = isObject(json) ? json : {}
    const refusal = profile.readRefusal?.(status, answered)
    if (refusal !== undefined) {
      const { error, about } = refusal
      return respond(400, { error, error_description: about })
    }
    const { id_token: idToken, ...others } = answered
    if (status === 200 && typeof idToken === 'string') {
      aside.idToken = idToken
      return respond(status, others)
    }
    return respond(status, json ?? {})
  }
}

interface JsonQuestion {
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal
}

/** The status and the JSON of an answer; undefined where a refusal has none. Throws UpstreamRefused and FetchFailed. */
export async function askForJson(
  fetch: GuardedFetch,
  url: string,
  { method, headers, body, signal }: JsonQuestion,
): Promise<{ status: number; json: Json | undefined }> {
  const { 'content-type': contentType, ...others } = headers
  const answer = await fetch(url, {
    method,
    headers: others,
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
    accept,
    readsRefusals: true,
    bytesMax,
    timeoutMs,
    ...(signal && { signal }),
  })
  const { host } = new URL(url)
  const { status } = answer
  if (status >= 500 || status === 429 || (status >= 300 && status < 400))
    throw new UpstreamRefused('unreachable', `${host} answers ${status}`)
  if (status < 300 && status !== 200)
    throw new UpstreamRefused('answer', `${host} answers ${status}`)
  if (status !== 200 && answer.body.length === 0) return { status, json: undefined }
  try {
    return { status, json: JSON.parse(answer.body.toString('utf8')) as Json }
  } catch {
    throw new UpstreamRefused('unreachable', `${host} answers what is no JSON`)
  }
}

function respond(status: number, body: Json): Response {
  return Response.json(body, { status })
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
