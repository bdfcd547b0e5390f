/** Requests that no client of ours sends, and the refusal that each must get. */

import type { HttpRequest } from '../load/http-message.ts'
import { expect, expectJson, expectProblem } from './judge.ts'
import type { Scene } from './scene.ts'

interface Refused {
  status: number
  reason: string
}

const badArgument: Refused = { status: 400, reason: 'INVALID_ARGUMENT' }
const signInPath = '/api/v1/auth/sign-in'
const post = `POST ${signInPath} HTTP/1.1\r\nHost: HOST\r\n`
const typed = `${post}Content-Type: application/json\r\n`

/** As bytes, because no library would send them. */
const raw: readonly (Refused & { text: string })[] = [
  { text: 'THIS IS NOT HTTP\r\n\r\n', ...badArgument },
  { text: `GET / HTTP/1.1\r\n\r\n`, ...badArgument },
  { text: `${typed}Content-Length: 11\r\n\r\n{"identifie`, ...badArgument },
  { text: `${typed}Content-Length: 4\r\n\r\n\xff\xfe\xff\xfe`, ...badArgument },
  { text: `${typed}Content-Length: 9999999\r\n\r\n`, status: 413, reason: 'TOO_LARGE' },
  {
    text: `${typed}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ...badArgument,
  },
  {
    text: `${post}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi`,
    ...{ status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE' },
  },
]

const whole: readonly (Refused & { request: HttpRequest })[] = [
  { request: { method: 'POST', path: signInPath, json: {} }, ...badArgument },
  { request: { method: 'POST', path: signInPath, json: { identifier: 7 } }, ...badArgument },
  { request: { method: 'POST', path: signInPath, json: { nobody: 'knows' } }, ...badArgument },
  { request: { method: 'GET', path: signInPath }, status: 405, reason: 'METHOD_NOT_ALLOWED' },
  { request: { method: 'GET', path: '/nothing/here' }, status: 404, reason: 'NOT_FOUND' },
  {
    request: { method: 'GET', path: '/api/v1/users/me', accessToken: 'no.token.atall' },
    ...{ status: 401, reason: 'UNAUTHENTICATED' },
  },
  {
    request: { method: 'POST', path: '/api/v1/auth/refresh', json: { refreshToken: 'sr1_x' } },
    ...{ status: 400, reason: 'INVALID_GRANT' },
  },
]

/** One of them. */
export async function malformed(scene: Scene): Promise<void> {
  const place = scene.random.below(raw.length + whole.length + 1)
  const bytes = raw[place]
  if (bytes !== undefined)
    return expectProblem(await scene.askRaw(bytes.text), bytes.status, bytes.reason)
  const sent = whole[place - raw.length]
  if (sent !== undefined)
    return expectProblem(await scene.ask(sent.request), sent.status, sent.reason)
  await unknownGrant(scene)
}

async function unknownGrant(scene: Scene): Promise<void> {
  const form = { grant_type: 'wishing' }
  const request = { path: '/oauth2/token', client: scene.resourceServer, form }
  const answer = await scene.ask({ method: 'POST', ...request })
  const { error } = expectJson(answer, 400)
  expect(error === 'unsupported_grant_type', 'another error than that of the grant', answer)
}
