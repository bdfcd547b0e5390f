/** Which profile is which provider's. Each is loaded when somebody first asks for it. */

import type { ProviderKind } from '../identity-provider.ts'
import type { Profile } from './profile.ts'

const profiles: Record<ProviderKind, () => Promise<Profile>> = {
  google: async () => (await import('./google.ts')).google,
  microsoft: async () => (await import('./microsoft.ts')).microsoft,
  apple: async () => (await import('./apple.ts')).apple,
  github: async () => (await import('./github.ts')).github,
  linkedin: async () => (await import('./linkedin.ts')).linkedin,
  facebook: async () => (await import('./facebook.ts')).facebook,
  oidc: async () => (await import('./oidc.ts')).oidc,
}

export function profileOf(kind: ProviderKind): Promise<Profile> {
  return profiles[kind]()
}
