/**
 * What ids of clients look like. No colon: they stand before one in Basic credentials (RFC 7617 §2). Not like an id of a
 * user: a client that acts for itself is the subject of its tokens (RFC 9700 §4.15).
 */

const userIdForm = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/u
const idForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u

/** Whether a text has the form of a client's id. */
export function isClientId(text: string): boolean {
  return idForm.test(text) && !userIdForm.test(text)
}
