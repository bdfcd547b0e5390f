/** All that writes passwords, but for the statement of a sign-up, which writes the account with it. */

export {
  deletePassword,
  replacePassword,
  setGuestPassword,
  setPassword,
  upgradePasswordHash,
} from './passwords.sql.ts'
