/**
 * Whether an installation has had an administrator, and the code that lets somebody become the first one in a browser.
 *
 * The code is a keyed hash of the id of the installation: every instance knows the same one, nothing is stored, and whoever
 * reads the output of the service or may run `signet setup-code` has it. It is good for one administrator, whichever way they
 * are made, and then for nothing.
 *
 * Specs: OWASP ASVS 5.0 V6.3.2 (no default accounts), V6.4.1; Crockford's Base32 for the code.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MasterSecret } from '../crypto/master-secret.ts'
import type { Db } from '../db/query.ts'
import { findInstallation } from './set-up.sql.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const codeLength = 20
const groupLength = 5

export interface Installation {
  instanceId: string
  setUp: boolean
}

/** Which installation this is. */
export function readInstallation(db: Db): Promise<Installation> {
  return findInstallation(db)
}

/** A hundred bits, as four groups of five letters and digits that nobody mistakes for each other. */
export function setupCode(masterSecret: MasterSecret, instanceId: string): string {
  const key = masterSecret.derive('setup code')
  const mac = createHmac('sha256', key).update(instanceId).digest()
  const letters = [...mac.subarray(0, codeLength)].map((byte) => alphabet[byte % alphabet.length])
  return letters.join('').replace(new RegExp(`.{${groupLength}}(?!$)`, 'gu'), '$&-')
}

/** Whether this is the code, however it is spaced and in whatever case. */
export function isSetupCode(code: string, typed: string): boolean {
  const plain = (text: string) =>
    Buffer.from(
      text
        .toUpperCase()
        .replaceAll('O', '0')
        .replaceAll(/[IL]/gu, '1')
        .replaceAll(/[^0-9A-Z]/gu, ''),
    )
  const [right, given] = [plain(code), plain(typed)]
  return right.length === given.length && timingSafeEqual(right, given)
}
