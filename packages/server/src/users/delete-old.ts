/** Which accounts are over, and mean nothing to anybody any more: each call deletes one bounded batch, past rows that are held. */

export { deleteUnprovenAccounts } from './users.sql.ts'
