/** The whole service on a real socket, in the process of the test and on its database. */

import { methods, plainPaths } from '../app.ts'
import { mountAvatars } from '../avatars/mount-avatars.ts'
import { createAdmission } from '../call/admission.ts'
import { createValidate } from '../call/validate.ts'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { anyOriginPaths, mountOauth, oauthForms } from '../oauth/mount-oauth.ts'
import { mountPages } from '../pages/mount-pages.ts'
import { languageTags } from '../pages/page-texts.ts'
import { authenticate } from '../tokens/authenticate.ts'
import { defaultWireLimits } from '../wires/limits.ts'
import { createListener } from '../wires/listener.ts'
import { withParts } from './deps.ts'

export interface TestService {
  url: string
  /** What is served besides the contract. */
  routes: readonly Route[]
  /** Sends a form, or a body as it is, by POST. */
  post(path: string, body: Form | string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

export interface Route {
  method: string
  /** As it was registered, with `:name` and `*` for what varies. */
  path: string
}

/** Parameters in order; a list, where one comes twice. */
export type Form = Record<string, string> | [name: string, value: string][]

export interface Answer {
  status: number
  headers: Headers
  text: string
}

/** A server cannot start without its database. A test whose database is away from the beginning has no pages. */
function withoutPages(error: unknown): { showProblem(): never } {
  if (!(error instanceof SignetError)) throw error
  return {
    showProblem: () => {
      throw error
    },
  }
}

/** Serves every method and every endpoint with these parts. */
export async function startTestService(deps: Deps): Promise<TestService> {
  const forms = oauthForms(deps)
  const routes: Route[] = Object.keys(forms.handlers).map((path) => ({ method: 'POST', path }))
  const listener = await createListener({
    app: {
      deps,
      methods,
      validate: createValidate(),
      admission: createAdmission({ callsMax: 1000, streamsMax: 100 }),
      authenticate,
      watchCaller: ({ revocations }, caller, ended) => revocations.watchCaller(caller, ended),
      observe: deps.metrics.observeCall,
    },
    config: {
      issuer: deps.config.issuer,
      httpAddress: { host: '127.0.0.1', port: 0 },
      trustedProxies: [],
      corsOrigins: [],
      reflection: false,
      limits: defaultWireLimits,
    },
    ready: async () => true,
    anyOriginPaths,
    forms,
    aliases: plainPaths,
    mountExtra: async (fastify, calls) => {
      fastify.addHook('onRoute', ({ method, url: path }) => {
        routes.push(...[method].flat().map((each) => ({ method: each, path })))
      })
      const { showProblem } = await mountPages(fastify, deps, calls).catch(withoutPages)
      await mountOauth(fastify, deps, { call: calls, showProblem, uiLocales: languageTags })
      await mountAvatars(fastify, deps, calls)
    },
  })
  const { http } = await listener.listen()
  const url = `http://${http}`
  return {
    url,
    routes,
    async post(path, body, headers = {}) {
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await fetch(url + path, {
        method: 'POST',
        ...(typeof body === 'string'
          ? { body, headers }
          : { body: new URLSearchParams(body).toString(), headers: { ...type, ...headers } }),
      })
      return { status: answer.status, headers: answer.headers, text: await answer.text() }
    },
    close: () => listener.close(0),
  }
}

/** The same at its own issuer, as it is in the world: what leads back to it from elsewhere leads here. */
export async function startTestIssuer(
  deps: Deps,
): Promise<{ service: TestService; deps: Deps; issuer: string }> {
  const config = { ...deps.config }
  const own = withParts(deps, { config })
  const service = await startTestService(own)
  // Known only now, and read with each request.
  Object.assign(config, { issuer: service.url })
  return { service, deps: own, issuer: service.url }
}
