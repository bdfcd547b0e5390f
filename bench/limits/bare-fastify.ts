/** Fastify with schemas and nothing else, answering the bodies that Signet answers; runs as a child. */

import Fastify from 'fastify'
import { answerParent } from '../child.ts'
import { deviceSecret, passwordPolicy, signInAnswer } from '../server/stub-answers.ts'

const text = { type: 'string' }
const whole = { type: 'integer' }

const fastify = Fastify()
fastify.get(
  '/get',
  {
    schema: {
      response: {
        200: answerOf({ minLength: whole, maxLength: whole, refusesCommon: { type: 'boolean' } }),
      },
    },
  },
  async () => passwordPolicy,
)
fastify.post(
  '/post',
  {
    schema: {
      body: {
        ...answerOf({
          identifier: { type: 'string', minLength: 1, maxLength: 254 },
          password: { type: 'string', minLength: 1, maxLength: 1024 },
          device: answerOf({ installationId: text, model: text, os: text, app: text }),
        }),
        additionalProperties: false,
        required: ['identifier', 'password'],
      },
      response: {
        200: answerOf({
          tokens: answerOf({
            accessToken: text,
            tokenType: text,
            expiresIn: whole,
            sessionId: text,
            refreshToken: text,
          }),
          deviceSecret: text,
        }),
      },
    },
  },
  async () => ({ tokens: signInAnswer, deviceSecret }),
)
const listening = fastify.listen({ host: '127.0.0.1', port: 0 })

answerParent(() => listening)

function answerOf(properties: object) {
  return { type: 'object', properties }
}
