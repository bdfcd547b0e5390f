/**
 * Bodies of REST requests: JSON in UTF-8, plain or gzip, within the limits. They stay bytes here; the pipeline decodes.
 *
 * Errors: UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, TIMEOUT, INVALID_ARGUMENT.
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../../errors.ts'
import type { HttpRequest } from '../http.ts'
import { inflate } from '../inflate.ts'
import type { WireLimits } from '../limits.ts'
import { readBody } from '../read-body.ts'

const utf8Json = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i

/** The bytes of the JSON text, inflated; undefined where there is no body. */
export async function readJsonBody(
  req: HttpRequest,
  limits: WireLimits,
): Promise<Uint8Array | undefined> {
  const { headers } = req
  const type = headers['content-type']
  if (type === undefined && !announcesBody(req)) return undefined
  if (type === undefined || !utf8Json.test(type))
    throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
  const body = await readBody(req, limits)
  const encoding = headers['content-encoding']
  return encoding === undefined ? body : inflate(body, encoding, limits.inflatedBodyBytes)
}

/** RFC 9112 §6: a body is announced by its length or by its transfer encoding; HTTP/2 says whether the stream goes on. */
function announcesBody(req: HttpRequest): boolean {
  const length = req.headers['content-length']
  if (length !== undefined) return length !== '0'
  if ('stream' in req) return !req.stream.endAfterHeaders
  return req.headers['transfer-encoding'] !== undefined
}
