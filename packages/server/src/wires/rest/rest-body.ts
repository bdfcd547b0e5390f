/**
 * Bodies of REST requests: JSON in UTF-8, plain or gzip, within the limits. They stay bytes here; the pipeline decodes.
 *
 * Errors: UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, INVALID_ARGUMENT.
 */

import { ErrorReason } from '@signet/contract'
import type { FastifyInstance } from 'fastify'
import { SignetError } from '../../errors.ts'
import { inflate } from '../inflate.ts'
import type { WireLimits } from '../limits.ts'

const utf8Json = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i

/**
 * Makes JSON the only body that routes of this instance read. A body that is refused after it was read becomes the
 * refusal itself, which the pipeline throws when it decodes: the call is counted like any other.
 */
export function readJsonBodies(fastify: FastifyInstance, limits: WireLimits): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
    (request: { headers: Record<string, unknown> }, body: Buffer, done) => {
      const { 'content-type': type, 'content-encoding': encoding } = request.headers
      const settle = (outcome: unknown) => done(null, outcome)
      if (typeof type !== 'string' || !utf8Json.test(type))
        settle(new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE))
      else if (encoding === undefined) settle(body)
      else inflate(body, String(encoding), limits.inflatedBodyBytes).then(settle, settle)
    },
  )
}
