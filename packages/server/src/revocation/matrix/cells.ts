/** What becomes of artefacts, in words that several causes of the completeness matrix share. */

import { type SessionArtefact, sessionArtefacts } from './artefacts.ts'

/** `dies`: refused once the end is acknowledged; `later` says where that takes longer, and how long at the most. */
export type Cell =
  | { fate: 'dies'; later?: string }
  | { fate: 'lives'; because: string }
  | { fate: 'none'; because: string }

export type OfSession = Readonly<Record<SessionArtefact, Cell>>

export const dies: Cell = { fate: 'dies' }
export const diesLater = (later: string): Cell => ({ fate: 'dies', later })
export const lives = (because: string): Cell => ({ fate: 'lives', because })
export const none = (because: string): Cell => ({ fate: 'none', because })

/** The same for all that a session yields. */
export function all(cell: Cell): OfSession {
  const names = Object.keys(sessionArtefacts) as SessionArtefact[]
  return Object.fromEntries(names.map((name) => [name, cell])) as OfSession
}

export const anotherSession = lives('it is in another session, which was not ended')
export const kept = lives('the session that asks is kept')
export const anotherClient = lives('it is of another client')
export const anotherUser = lives('it is of another person')
export const ofAnotherUser = {
  mailedLink: anotherUser,
  phoneCode: anotherUser,
  offlineRefreshToken: anotherUser,
}
export const ofTheNumber = lives('it rests on the password, not on the number')
const becomesItsOwn = lives('it becomes a session of its own')
const ofTheUser = lives('it belongs to the user, not to a session or a client')

/** What a service holds is about people whom it knows itself, and nobody else ends it. */
const ofTheService = {
  clientToken: lives('it speaks of a client, not of a person'),
  mintedAccessToken: lives('it is about another person, at another client'),
  mintedRefreshToken: lives('it is about another person, at another client'),
  clientSecret: lives('no user ends the credentials of a service'),
} as const
const device = {
  deviceSecret: lives('it opens nothing: a device that has it is given attempts of its own'),
} as const
/** What lies in the mailboxes of others. */
const elsewhere = {
  undoLink: lives('it opens nothing, and whoever took the account over must not void it'),
  invitation: lives('it is for somebody who has no account yet'),
} as const
const bystanders = { ...ofTheService, ...device, ...elsewhere }

export const oneSession = {
  signInInFlight: becomesItsOwn,
  mailedLink: ofTheUser,
  phoneCode: ofTheUser,
  offlineRefreshToken: lives('it is for when the person is not there, and outlives a sign-out'),
  ...bystanders,
}
export const everySession = {
  signInInFlight: dies,
  mailedLink: dies,
  phoneCode: dies,
  offlineRefreshToken: dies,
  ...bystanders,
}
export const nothingOfTheUser = {
  signInInFlight: anotherClient,
  mailedLink: ofTheUser,
  phoneCode: ofTheUser,
  offlineRefreshToken: anotherClient,
  ...device,
  ...elsewhere,
}
