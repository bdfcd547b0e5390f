/** Which jobs are over, and mean nothing to anybody any more: each call deletes one bounded batch, past rows that are held. */

export { deleteDoneJobs } from './queue.sql.ts'
