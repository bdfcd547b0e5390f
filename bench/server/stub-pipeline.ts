/**
 * Signet's wires and pipeline with handlers that answer at once; runs as a child. What a call costs here is what the
 * pipeline costs: routing, decoding, validation, access, metrics, encoding.
 */

import { AuthService } from '@signet/contract'
import { pino } from 'pino'
import { createAdmission } from '../../packages/server/src/call/admission.ts'
import { implement } from '../../packages/server/src/call/method.ts'
import { createValidate } from '../../packages/server/src/call/validate.ts'
import type { Deps } from '../../packages/server/src/deps.ts'
import { createMetrics } from '../../packages/server/src/operations/metrics.ts'
import { authenticate } from '../../packages/server/src/tokens/authenticate.ts'
import { defaultWireLimits } from '../../packages/server/src/wires/limits.ts'
import { createListener } from '../../packages/server/src/wires/listener.ts'
import { answerParent } from '../child.ts'
import { deviceSecret, passwordPolicy, signInAnswer } from './stub-answers.ts'

const metrics = createMetrics()
// The handlers below are all that would look at the dependencies.
const deps = { metrics, log: pino({ level: 'warn' }) } as Partial<Deps> as Deps
const listener = await createListener({
  app: {
    deps,
    methods: implement(AuthService, {
      signUp: async () => ({ accepted: true }),
      signIn: async () => ({ result: { case: 'tokens', value: signInAnswer }, deviceSecret }),
      validateCredentials: async () => ({}),
      getPasswordPolicy: async () => passwordPolicy,
      refreshTokens: async () => ({}),
      confirmRefresh: async () => ({}),
      signOut: async () => ({}),
      changePassword: async () => ({}),
    }),
    validate: createValidate(),
    admission: createAdmission({ callsMax: 1000, streamsMax: 1000 }),
    authenticate: authenticate,
    observe: metrics.observeCall,
  },
  config: {
    issuer: 'http://127.0.0.1',
    httpAddress: { host: '127.0.0.1', port: 0 },
    trustedProxies: [],
    corsOrigins: [],
    limits: defaultWireLimits,
    reflection: false,
  },
  ready: async () => true,
})
const { http } = await listener.listen()

answerParent(async () => `http://${http}`)
