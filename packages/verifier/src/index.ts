/** What a resource server installs: `createVerifier`, and the check of a plain `Request` for those without a framework. */

export type { AccessTokenClaims } from './claims.ts'
export type { Clock } from './clock.ts'
export type { VerifierEvent } from './events.ts'
export type { VerifierOptions } from './options.ts'
export { type RefusalReason, VerificationError } from './refusal.ts'
export { verifyRequest } from './request.ts'
export type { Freshness, Requirements } from './requirements.ts'
export type { Algorithm } from './signature.ts'
export type { RolePermissions, VerifiedToken } from './verified-token.ts'
export { createVerifier, type Verifier, type VerifierStatus } from './verifier.ts'
