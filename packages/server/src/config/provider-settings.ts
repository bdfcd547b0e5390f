/** The providers that people sign in with, one of each kind; several of one kind are added through the contract. */

import { type Kind, kind } from './kinds.ts'
import {
  type ProviderKind,
  providerForms,
  providerNames,
  readProviderKey,
} from './provider-kinds.ts'
import { Secret } from './secret.ts'
import { defaulted, secret, variable } from './variable.ts'
import type { Values } from './variables.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Social sign-in'

const { clientId: clientIdForm, name: nameForm, tenant: tenantForm, appleId } = providerForms

const word: Kind<string> = kind('a word without spaces', (text) =>
  clientIdForm.test(text)
    ? { value: text }
    : { wrong: 'has spaces or is too long', fix: 'copy it from the provider’s console' },
)

const shownName: Kind<string> = kind('a name', (text) =>
  nameForm.test(text)
    ? { value: text }
    : {
        wrong: 'cannot stand on a button',
        fix: 'give a name of at most 60 characters, on one line',
      },
)

const tenant: Kind<string> = kind(
  '`common`, `organizations`, `consumers` or the id of a tenant',
  (text) =>
    tenantForm.test(text.toLowerCase())
      ? { value: text.toLowerCase() }
      : { wrong: 'is no tenant', fix: 'copy the Directory (tenant) ID from Microsoft Entra' },
)

const identifierAtApple: Kind<string> = kind('ten capital letters and digits', (text) =>
  appleId.test(text)
    ? { value: text }
    : {
        wrong: 'is not ten capital letters and digits',
        fix: 'copy it from your Apple Developer account',
      },
)

/** It is compared letter by letter, so it stays as it is written (OpenID Connect Discovery 1.0 §4.3). */
const issuerAddress: Kind<string> = kind('an https address', (text) => {
  const parsed = collectorUrl.parse(text)
  if (!('value' in parsed)) return parsed
  return /[?#]/u.test(text)
    ? { wrong: 'has a query or a fragment', fix: 'copy the issuer from the discovery document' }
    : { value: text }
})

const privateKey: Kind<Secret> = kind('the private key in PEM', (text) =>
  readProviderKey(text) === undefined
    ? {
        wrong: 'is no private key on the curve P-256',
        fix: 'give the content of the .p8 file, or name the file in SIGNET_APPLE_PRIVATE_KEY_FILE',
      }
    : { value: new Secret(text.replaceAll(String.raw`\n`, '\n')) },
)

const clientIdOf = (provider: string) =>
  variable({
    section,
    kind: word,
    about: `What Signet is to ${provider}. Sets the provider up, together with the variables beside it.`,
  })
const clientSecretOf = (provider: string) =>
  variable({
    section,
    kind: secret,
    secret: true,
    about: `The secret that ${provider} has given for it.`,
  })

export const providerVariables = {
  SIGNET_GOOGLE_CLIENT_ID: clientIdOf('Google'),
  SIGNET_GOOGLE_CLIENT_SECRET: clientSecretOf('Google'),
  SIGNET_MICROSOFT_CLIENT_ID: clientIdOf('Microsoft Entra'),
  SIGNET_MICROSOFT_CLIENT_SECRET: clientSecretOf('Microsoft Entra'),
  SIGNET_MICROSOFT_TENANT: defaulted('common', {
    section,
    kind: tenant,
    about:
      'Whose people may come: `common` is every account of Microsoft, `organizations` those of work and school, `consumers` private ones, and the id of a tenant its own.',
  }),
  SIGNET_APPLE_CLIENT_ID: clientIdOf('Apple (the Services ID)'),
  SIGNET_APPLE_TEAM_ID: variable({
    section,
    kind: identifierAtApple,
    about: 'The team that the key at Apple belongs to.',
  }),
  SIGNET_APPLE_KEY_ID: variable({
    section,
    kind: identifierAtApple,
    about: 'Names the private key at Apple.',
  }),
  SIGNET_APPLE_PRIVATE_KEY: variable({
    section,
    kind: privateKey,
    secret: true,
    about:
      'The private key that Apple has given, as it stands in the `.p8` file. Signet makes client secrets with it, and new ones in time.',
  }),
  SIGNET_GITHUB_CLIENT_ID: clientIdOf('GitHub'),
  SIGNET_GITHUB_CLIENT_SECRET: clientSecretOf('GitHub'),
  SIGNET_LINKEDIN_CLIENT_ID: clientIdOf('LinkedIn'),
  SIGNET_LINKEDIN_CLIENT_SECRET: clientSecretOf('LinkedIn'),
  SIGNET_FACEBOOK_CLIENT_ID: clientIdOf('Facebook'),
  SIGNET_FACEBOOK_CLIENT_SECRET: clientSecretOf('Facebook'),
  SIGNET_OIDC_ISSUER: variable({
    section,
    kind: issuerAddress,
    url: 'web',
    about: 'The issuer of any other OpenID provider, as it stands in its discovery document.',
  }),
  SIGNET_OIDC_CLIENT_ID: clientIdOf('that provider'),
  SIGNET_OIDC_CLIENT_SECRET: clientSecretOf('that provider'),
  SIGNET_OIDC_NAME: defaulted(providerNames.oidc, {
    section,
    kind: shownName,
    about: 'What stands on its button, after “Continue with”.',
  }),
} as const

/** A provider as the environment has it. */
export interface ConfiguredProvider {
  readonly id: ProviderKind
  readonly name: string
  readonly clientId: string
  /** With Apple the private key. */
  readonly clientSecret: Secret
  readonly settings: {
    readonly issuer?: string
    readonly tenant?: string
    readonly teamId?: string
    readonly keyId?: string
  }
}

/** Those that are set up. `rules.ts` has reported what is set up by half. */
export function configuredProviders(values: Values): ConfiguredProvider[] {
  const { SIGNET_APPLE_TEAM_ID: teamId, SIGNET_APPLE_KEY_ID: keyId } = values
  const { SIGNET_OIDC_ISSUER: issuer, SIGNET_MICROSOFT_TENANT: ofMicrosoft } = values
  const provider = (
    id: ProviderKind,
    [clientId, clientSecret]: [string | undefined, Secret | undefined],
    {
      name = providerNames[id],
      ...settings
    }: ConfiguredProvider['settings'] & { name?: string } = {},
  ) =>
    clientId === undefined || clientSecret === undefined
      ? []
      : [{ id, name, clientId, clientSecret, settings }]
  return [
    ...provider('google', [values.SIGNET_GOOGLE_CLIENT_ID, values.SIGNET_GOOGLE_CLIENT_SECRET]),
    ...provider('apple', [values.SIGNET_APPLE_CLIENT_ID, values.SIGNET_APPLE_PRIVATE_KEY], {
      ...(teamId !== undefined && { teamId }),
      ...(keyId !== undefined && { keyId }),
    }),
    ...provider(
      'microsoft',
      [values.SIGNET_MICROSOFT_CLIENT_ID, values.SIGNET_MICROSOFT_CLIENT_SECRET],
      { tenant: ofMicrosoft },
    ),
    ...provider('github', [values.SIGNET_GITHUB_CLIENT_ID, values.SIGNET_GITHUB_CLIENT_SECRET]),
    ...provider('linkedin', [
      values.SIGNET_LINKEDIN_CLIENT_ID,
      values.SIGNET_LINKEDIN_CLIENT_SECRET,
    ]),
    ...provider('facebook', [
      values.SIGNET_FACEBOOK_CLIENT_ID,
      values.SIGNET_FACEBOOK_CLIENT_SECRET,
    ]),
    ...(issuer === undefined
      ? []
      : provider('oidc', [values.SIGNET_OIDC_CLIENT_ID, values.SIGNET_OIDC_CLIENT_SECRET], {
          name: values.SIGNET_OIDC_NAME,
          issuer,
        })),
  ]
}
