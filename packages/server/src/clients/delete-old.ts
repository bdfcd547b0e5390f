/** Which proofs of clients are over, and mean nothing to anybody any more: each call deletes one bounded batch, past rows that are held. */

export { deleteUsedAssertions } from './clients.sql.ts'
