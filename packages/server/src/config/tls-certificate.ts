/** Whether a certificate and a private key can be served with: both readable, of each other, and in time. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Parsed } from './kinds.ts'

/** The certificate, or why it cannot be used. */
export function parseCertificate(pem: string): Parsed<X509Certificate> {
  try {
    return { value: new X509Certificate(pem) }
  } catch {
    return { wrong: 'names a file without a certificate in PEM', fix: 'name a PEM certificate' }
  }
}

/** The private key, or why it cannot be used. */
export function parsePrivateKey(pem: string): Parsed<KeyObject> {
  try {
    return { value: createPrivateKey(pem) }
  } catch {
    const isEncrypted = /ENCRYPTED/u.test(pem)
    return {
      wrong: `names a file ${isEncrypted ? 'whose key needs a passphrase' : 'without a private key in PEM'}`,
      fix: isEncrypted ? 'store the key without a passphrase' : 'name a PEM private key',
    }
  }
}

/** What an operator should know about the dates of a certificate, or undefined. */
export function certificateWarning(certificate: X509Certificate, now: Date): string | undefined {
  const { validFromDate, validToDate } = certificate
  if (now > validToDate) return `is of a certificate that expired at ${validToDate.toISOString()}`
  if (now < validFromDate) {
    return `is of a certificate that is not valid before ${validFromDate.toISOString()}`
  }
  return undefined
}
