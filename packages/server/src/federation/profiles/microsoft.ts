/**
 * Microsoft (Entra ID, and personal accounts): one issuer for each tenant, and an address of mail that anybody may choose.
 *
 * - `common` and `organizations` publish an issuer with `{tenantid}` in it; a token's own `tid` takes its place, and must agree
 *   with the tenant that is configured. `consumers` is the tenant of personal accounts.
 * - The `email` claim is whatever an administrator of some tenant typed. It counts as verified where `xms_edov` says that the owner
 *   of the domain was verified, and nowhere else.
 *
 * Its documentation: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference and
 * https://learn.microsoft.com/entra/identity-platform/optional-claims-reference.
 */

import { providerForms } from '../../config/provider-kinds.ts'
import type { ProviderSettings } from '../identity-provider.ts'
import { type OpenIdProfile, standardPerson, withoutSlash } from './profile.ts'

const publicCloud = 'https://login.microsoftonline.com'
const consumersTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const tenantId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u

/** A boolean by its documentation; tokens were seen with the others. */
const edovTrue: readonly unknown[] = [true, 'true', 1, '1']

const cloudOf = ({ issuer }: ProviderSettings) => withoutSlash(issuer ?? publicCloud)
const tenantOf = ({ tenant }: ProviderSettings) => (tenant ?? '').toLowerCase()

export const microsoft: OpenIdProfile = {
  protocol: 'openid',
  issuer(settings) {
    const tenant = tenantOf(settings)
    const own = { common: '{tenantid}', organizations: '{tenantid}', consumers: consumersTenant }
    return `${cloudOf(settings)}/${own[tenant as keyof typeof own] ?? tenant}/v2.0`
  },
  discoveryUrl: (settings) =>
    `${cloudOf(settings)}/${tenantOf(settings)}/v2.0/.well-known/openid-configuration`,
  issuerOf: (announced, { tid }, settings) => issuerOfTenant(announced, tid, settings),
  isIssuer(iss, announced, settings) {
    const tid = iss.split('/').at(-2)
    return issuerOfTenant(announced, tid, settings) === iss
  },
  scopes: ['openid', 'email', 'profile'],
  offline: { scopes: ['offline_access'] },
  reauthentication: { prompt: 'login' },
  loginHint: 'login_hint',
  takesPkce: true,
  clientAuthentication: 'post',
  sendsNonce: true,
  saysAllInIdToken: true,
  person: (claims) => ({
    ...standardPerson(claims),
    emailVerified: edovTrue.includes(claims.idToken.xms_edov),
    // The picture of its userinfo is an address that asks for a token.
    pictureUrl: undefined,
  }),
  // A client gets tokens for itself of one tenant alone.
  ownScope: ({ clientId, settings }) =>
    tenantId.test(tenantOf(settings)) ? `${clientId}/.default` : undefined,
  violations({ settings }) {
    const field = 'tenant'
    if (settings.tenant === undefined) {
      const message = 'It has no tenant. Say whose people may come: a tenant, or `common`.'
      return [{ field, rule: 'required', message }]
    }
    if (providerForms.tenant.test(tenantOf(settings))) return []
    const message =
      'The tenant is neither an id nor `common`, `organizations` or `consumers`. Give the "Directory (tenant) ID" of its overview page.'
    return [{ field, rule: 'form', message }]
  },
}

/** The issuer of a tenant whose people may come. */
function issuerOfTenant(
  announced: string,
  tid: unknown,
  settings: ProviderSettings,
): string | undefined {
  const tenant = tenantOf(settings)
  if (typeof tid !== 'string' || !tenantId.test(tid)) return undefined
  if (tenant === 'organizations' && tid === consumersTenant) return undefined
  if (tenant === 'consumers' && tid !== consumersTenant) return undefined
  if (tenantId.test(tenant) && tid !== tenant) return undefined
  return announced.replace('{tenantid}', tid)
}
