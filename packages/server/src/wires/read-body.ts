/**
 * The body of a request as it travels, within the limits of size and time.
 *
 * Errors: TOO_LARGE, as soon as it is announced or seen; TIMEOUT, where it does not arrive in time or not at all.
 */

import { ErrorReason } from '@signet/contract'
import { TimeLimit } from '../call/time-limit.ts'
import { type Reason, SignetError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import type { WireLimits } from './limits.ts'

/** All bytes of a body. */
export function readBody(req: HttpRequest, limits: WireLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let settled = false
    const onData = (chunk: Buffer) => {
      length += chunk.byteLength
      chunks.push(chunk)
      if (length > limits.bodyBytes) giveUp(ErrorReason.TOO_LARGE)
    }
    const onEnd = () => {
      settled = true
      limit.lift()
      const [only] = chunks
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, length))
    }
    // After the end nothing changes any more: taking the listeners away would cost more than a body.
    const giveUp = (reason: Reason) => {
      if (settled) return
      settled = true
      limit.lift()
      req.off('data', onData).off('end', onEnd)
      reject(new SignetError(reason))
    }
    const onClose = () => giveUp(ErrorReason.TIMEOUT)
    const limit = new TimeLimit(performance.now(), limits.requestTimeoutMs, onClose)
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
    if (Number(req.headers['content-length']) > limits.bodyBytes) giveUp(ErrorReason.TOO_LARGE)
  })
}

/** Where a body is still coming, an HTTP/1.1 connection cannot be used again, and an HTTP/2 stream ends with its answer. */
export function cutAfterAnswer(req: HttpRequest, res: HttpResponse): void {
  if (req.complete) return
  if ('stream' in req) res.once('finish', () => req.stream.close())
  else res.setHeader('connection', 'close')
}
