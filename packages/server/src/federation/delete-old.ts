/** Which sign-ins with providers are over, and mean nothing to anybody any more: each call deletes one bounded batch, past rows that are held. */

export { deleteOldProviderSignIns, deleteOldWaitingIdentities } from './federated-sign-ins.sql.ts'
export { deleteTakenLogoutTokens } from './identities.sql.ts'
