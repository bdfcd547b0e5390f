/** Which clients got something in a session. */

export { listClientsOfSessions } from './grants.sql.ts'
