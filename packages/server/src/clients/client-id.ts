/** What ids of clients look like. No colon: they stand before one in Basic credentials (RFC 7617 §2). */

const idForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u

/** Whether a text has the form of a client's id. */
export function isClientId(text: string): boolean {
  return idForm.test(text)
}
