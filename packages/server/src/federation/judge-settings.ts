/**
 * What the settings of a provider lack or have wrong, before anybody is asked. It is the only judge of them: whoever adds a provider is
 * refused by it, and whoever signs in by one of the environment, too.
 */

import { providerForms } from '../config/provider-kinds.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { Profile, SettingViolation } from './profiles/profile.ts'

interface SettingRule extends SettingViolation {
  holds(provider: IdentityProvider): boolean
}

/** What any provider has to have. Its profile may say more. */
const rules: readonly SettingRule[] = [
  {
    field: 'id',
    rule: 'form',
    holds: ({ id }) => providerForms.id.test(id),
    message:
      'The id is at most 32 small letters, digits and hyphens, and begins with a letter. It stands in addresses.',
  },
  {
    field: 'name',
    rule: 'form',
    holds: ({ name }) => providerForms.name.test(name),
    message: 'The name has 1 to 60 characters, on one line. It stands on a button.',
  },
  {
    field: 'clientId',
    rule: 'required',
    holds: ({ clientId }) => clientId !== '',
    message: 'It has no client id. Give the one that the provider shows.',
  },
  {
    field: 'clientId',
    rule: 'form',
    holds: ({ clientId }) => clientId === '' || providerForms.clientId.test(clientId),
    message:
      'The client id has spaces or other signs that none has, or is too long. Copy the one that the provider shows.',
  },
  {
    field: 'clientSecret',
    rule: 'required',
    holds: ({ clientSecret }) => clientSecret.reveal() !== '',
    message: 'It has no client secret. Make one at the provider.',
  },
  {
    field: 'issuer',
    rule: 'uri',
    holds: ({ settings: { issuer } }) => issuer === undefined || isWebAddress(issuer),
    message:
      'The issuer is no web address that people may be sent to. Give one of https, without a question mark; http is for a loopback address alone.',
  },
  {
    field: 'scopes',
    rule: 'form',
    holds: ({ settings: { scopes = [] } }) =>
      scopes.every((scope) => providerForms.scope.test(scope)),
    message:
      'A scope has spaces or other signs that none has, or is too long. Give each by itself.',
  },
]

/** All that is wrong. */
export function violationsOf(profile: Profile, provider: IdentityProvider): SettingViolation[] {
  return [
    ...rules
      .filter(({ holds }) => !holds(provider))
      .map(({ field, rule, message }) => ({ field, rule, message })),
    ...(profile.violations?.(provider) ?? []),
  ]
}

/** Plain http is for loopback; whether that may be asked is for the operator to say (`outbound/guarded-fetch.ts`). */
function isWebAddress(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (text.includes('?') || text.includes('#')) return false
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)
}
