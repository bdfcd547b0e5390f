/** What a new password must be like. */

/** The form in which a password is counted, compared and hashed: Unicode NFC. */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}
