/** Which counts and devices are over, and mean nothing to anybody any more: each call deletes one bounded batch, past rows that are held. */

export {
  deleteForgottenDevices,
  deleteForgottenGuesses,
  deleteForgottenMailRequests,
} from './throttling.sql.ts'
