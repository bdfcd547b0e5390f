/**
 * Compressed request bodies: gzip and nothing else, never more than the limit once inflated.
 *
 * Errors: UNSUPPORTED_MEDIA_TYPE for another encoding, TOO_LARGE for a bomb, INVALID_ARGUMENT for what is not gzip.
 */

import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ErrorReason } from '@signet/contract'
import { undecodable } from '../call/decode.ts'
import { SignetError } from '../errors.ts'

const gunzipBytes = promisify(gunzip)

/** The plain bytes of a body in this content encoding. */
export async function inflate(
  bytes: Uint8Array,
  encoding: string | undefined,
  limitBytes: number,
): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity' || name === '') {
    if (bytes.byteLength > limitBytes) throw new SignetError(ErrorReason.TOO_LARGE)
    return bytes
  }
  if (name !== 'gzip') throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
  try {
    return await gunzipBytes(bytes, { maxOutputLength: limitBytes })
  } catch (error) {
    if (error instanceof RangeError) throw new SignetError(ErrorReason.TOO_LARGE)
    throw undecodable({ field: '', rule: 'malformed', message: 'The body is not valid gzip.' })
  }
}
