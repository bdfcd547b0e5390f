/** What tests of signing in by a provider begin with: a service at its own issuer, two providers, and the way there and back. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach } from 'node:test'
import type { Deps } from '../../deps.ts'
import type { ProviderKind } from '../../federation/identity-provider.ts'
import { addProvider } from '../../federation/manage-providers.ts'
import { callbackAddress } from '../../federation/provider-sign-in.ts'
import { type OidcIssuer, openOidcIssuer } from '../../federation/testing/oidc-issuer.ts'
import { visitProvider } from '../../federation/testing/provider-visitor.ts'
import { openFileDeps, rowsOf, type TestDeps, testContext } from '../../testing/deps.ts'
import { openPageVisitor, type PageVisitor, type ShownPage } from '../../testing/page-visitor.ts'
import { startTestIssuer, type TestService } from '../../testing/service.ts'

export const email = 'ada@example.com'

export interface Way {
  /** The address that leads to the provider. */
  start?: string
  choice?: 'continue' | 'cancel'
  change?: (parameters: URLSearchParams) => void
}

export interface ProviderWorld {
  test: TestDeps
  service: TestService
  deps: Deps
  /** Any OpenID provider; before each test its person is a new one, with `email`, which it vouches for. */
  acme: OidcIssuer
  apple: OidcIssuer
  /** From the button to what the provider has the browser bring back. */
  goThere(who: PageVisitor, way?: Way): Promise<URLSearchParams>
  comeBack(who: PageVisitor, parameters: URLSearchParams, id?: string): Promise<ShownPage>
  /** There and back. */
  signIn(who?: PageVisitor, way?: Way): Promise<ShownPage>
  sessions(): Promise<unknown[][]>
  /** Without the origin of the service. */
  pathOf(address: string): string
}

/** For all tests of a file; belongs at its top. */
export async function openProviderWorld(): Promise<ProviderWorld> {
  const tables = ['users', 'federated_sign_ins', 'waiting_identities', 'mail_requests']
  const test = await openFileDeps({ emptied: [...tables, 'guess_counters'] })
  const { service, deps } = await startTestIssuer(test.deps)
  const open = (id: 'acme' | 'apple') =>
    openOidcIssuer({
      redirectUri: callbackAddress(service.url, id),
      ...(id === 'apple' && { shape: 'apple' as const }),
    })
  const [acme, apple] = [await open('acme'), await open('apple')]
  after(async () => {
    await acme.close()
    await apple.close()
    await service.close()
  })
  beforeEach(() => {
    acme.person = { sub: randomUUID(), name: 'Ada Lovelace', email, email_verified: true }
  })
  const add = async (id: string, kind: ProviderKind, at: OidcIssuer) => {
    const { clientId, clientSecret, settings } = at
    const record = { name: 'Acme', clientId, disabled: false, settings }
    await addProvider(deps, testContext(), { id, kind, record, clientSecret })
  }
  await add('acme', 'oidc', acme)
  await add('apple', 'apple', apple)

  const world: ProviderWorld = {
    ...{ test, service, deps, acme, apple },
    async goThere(who, { start = '/auth/acme', choice } = {}) {
      const { status, location } = await who.open(start)
      assert.equal(status, 303)
      return visitProvider(location, callbackAddress(service.url, 'acme'), choice)
    },
    comeBack: (who, parameters, id = 'acme') => who.open(`/auth/${id}/callback?${parameters}`),
    async signIn(who = openPageVisitor(service.url), way = {}) {
      const parameters = await world.goThere(who, way)
      way.change?.(parameters)
      return world.comeBack(who, parameters)
    },
    sessions: () => rowsOf(deps, 'select user_id, amr, acr from sessions order by created_at'),
    pathOf: (address) => address.replace(service.url, ''),
  }
  return world
}
