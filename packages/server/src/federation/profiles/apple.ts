/**
 * Apple: OpenID Connect whose answer is a form, whose client secret is a JWT that we sign, and which tells the name once, to the
 * browser.
 *
 * The secret is made anew for each use and is good for five minutes (Apple takes up to six months): there is nothing to keep and
 * nothing to rotate.
 *
 * Its documentation: https://developer.apple.com/documentation/signinwithapplerestapi and
 * https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret.
 */

import { providerForms, readProviderKey } from '../../config/provider-kinds.ts'
import { signEs256 } from '../../crypto/es256.ts'
import type { Json } from '../../db/query.ts'
import type { IdentityProvider } from '../identity-provider.ts'
import { type OpenIdProfile, type SettingViolation, standardPerson } from './profile.ts'

const appleIssuer = 'https://appleid.apple.com'
const secretLifetimeSeconds = 300

export const apple: OpenIdProfile = {
  protocol: 'openid',
  issuer: ({ issuer }) => issuer ?? appleIssuer,
  scopes: ['openid', 'name', 'email'],
  // Where a scope is asked for, it answers with a form alone.
  parameters: { response_mode: 'form_post' },
  // It asks every time.
  reauthentication: {},
  takesPkce: true,
  clientAuthentication: 'post',
  clientSecret: makeClientSecret,
  sendsNonce: true,
  saysAllInIdToken: true,
  person: (claims) => ({
    ...standardPerson(claims),
    // It writes its booleans as text, now and then.
    emailVerified: [true, 'true'].includes(claims.idToken.email_verified as boolean | string),
    name: claims.idToken.name ?? nameOfForm(claims.parameters.get('user')),
  }),
  violations({ settings, clientSecret }) {
    const { teamId = '', keyId = '' } = settings
    return [
      ...appleId(
        'teamId',
        teamId,
        'The team id is not ten letters and digits. It stands at the top right of your Apple Developer account.',
      ),
      ...appleId(
        'keyId',
        keyId,
        'The key id is not ten letters and digits. It stands with the key, and in the name of its file (AuthKey_….p8).',
      ),
      ...(readProviderKey(clientSecret.reveal()) === undefined
        ? [
            {
              field: 'clientSecret',
              rule: 'private_key',
              message:
                'The private key is no P-256 key as PEM. Give the whole file AuthKey_….p8 as Apple gave it out.',
            } as const,
          ]
        : []),
    ]
  },
}

function appleId(field: 'teamId' | 'keyId', value: string, message: string): SettingViolation[] {
  if (providerForms.appleId.test(value)) return []
  return [{ field, rule: value === '' ? 'required' : 'form', message }]
}

function makeClientSecret(
  { clientId, clientSecret, settings }: IdentityProvider,
  now: Date,
): string {
  const key = readProviderKey(clientSecret.reveal())
  if (key === undefined) return ''
  const iat = Math.floor(now.getTime() / 1000)
  const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ alg: 'ES256', kid: settings.keyId ?? '' })
  const claims = encode({
    iss: settings.teamId ?? '',
    iat,
    exp: iat + secretLifetimeSeconds,
    aud: settings.issuer ?? appleIssuer,
    sub: clientId,
  })
  const input = `${header}.${claims}`
  return `${input}.${signEs256(key, Buffer.from(input)).toString('base64url')}`
}

/** It comes with the first sign-in alone, and by the browser: good enough for a name, and for nothing else. */
function nameOfForm(user: string | null): string | undefined {
  try {
    const { name } = JSON.parse(user ?? '') as { name?: { firstName?: Json; lastName?: Json } }
    const parts = [name?.firstName, name?.lastName].filter((part) => typeof part === 'string')
    return parts.length > 0 ? parts.join(' ') : undefined
  } catch {
    return undefined
  }
}
