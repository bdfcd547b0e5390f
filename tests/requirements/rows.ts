/**
 * What the specifications ask of an authorization server, row by row, and the tests that an attacker would have to fool.
 *
 * Rows are named as in OWASP ASVS 5.0 (V…), RFC 9700 (BCP-…), OAuth 2.1 (O21-…), RFC 9068, RFC 8725, RFC 7009, RFC 7662, RFC 9457 and
 * the OpenID Connect specifications (OIDC-…, RPI-…, BCL-…). A row without a test says why. `npm run check` fails where a test that is
 * named here is not there any more.
 */

import { ofEndpoints } from './endpoints.ts'
import { ofProtocol } from './protocol.ts'
import type { Requirement } from './requirement.ts'
import { ofVerificationStandard } from './verification-standard.ts'

export const requirements: readonly Requirement[] = [
  ...ofVerificationStandard,
  ...ofProtocol,
  ...ofEndpoints,
]
