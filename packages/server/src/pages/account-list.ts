/** Accounts that are signed in in this browser, as pages list them: picture or initials, name, address, and the app that was used last. */

import { readAvatars } from '../avatars/read-avatars.ts'
import type { Deps } from '../deps.ts'
import { listClientsOfSessions } from '../grants/clients-of-sessions.ts'
import { type Html, type HtmlValue, html } from '../html/html.ts'
import type { BrowserSession } from '../sessions/browser-session.ts'
import { pageForm } from './fields.ts'
import { initials } from './initials.ts'
import type { Visit } from './visit.ts'

/** What is shown of an account beside what its session says. */
export interface AccountDetails {
  /** The path of its picture. */
  picture: string | undefined
  /** The apps that hold something in the session, the one that was used last first. */
  apps: readonly { name: string; live: boolean }[]
}

/** The details of sessions, in their order. */
export async function readAccountDetails(
  { db, config }: Pick<Deps, 'config' | 'db'>,
  sessions: readonly BrowserSession[],
): Promise<Map<BrowserSession, AccountDetails>> {
  const sessionIds = sessions.map(({ sessionId }) => sessionId)
  const userIds = sessions.map(({ userId }) => userId)
  const [avatars, clients] = await Promise.all([
    readAvatars({ db, config }, userIds),
    listClientsOfSessions(db, { sessionIds }),
  ])
  return new Map(
    sessions.map((session) => {
      const [smallest] = avatars.get(session.userId)?.pictures ?? []
      const apps = clients.filter(({ sessionId }) => sessionId === session.sessionId)
      return [session, { picture: smallest && new URL(smallest.url).pathname, apps }]
    }),
  )
}

/** The apps that have to ask again once a session has ended, the one that was used last first. */
export async function appsToAskAgain(
  { db }: Pick<Deps, 'db'>,
  { sessionId }: BrowserSession,
): Promise<AccountDetails['apps']> {
  const apps = await listClientsOfSessions(db, { sessionIds: [sessionId] })
  return apps.filter(({ live }) => live)
}

/** Name and address; the address alone, where there is no name. */
export function person({ displayName, email = '' }: BrowserSession, tag?: HtmlValue): Html {
  if (displayName === '')
    return html`<span class="who long"><bdi dir="ltr">${email || '–'}</bdi>${tag}</span>`
  return html`<span class="who"><bdi>${displayName}</bdi>${tag}</span><span class="mail"><bdi dir="ltr">${email}</bdi></span>`
}

/** The button that makes an account the active one. */
export function pick(visit: Visit, session: BrowserSession, details?: AccountDetails): Html {
  const { words } = visit
  const [last] = details?.apps ?? []
  const used =
    last !== undefined &&
    html`<span class="mail">${words.text('last_used_with', { app: last.name })}</span>`
  const content = html`${details !== undefined && portrait(session, details)}<span class="lines">${person(session)}${used}</span>`
  return html`<div class="wide">${pageForm(visit, { to: '/choose-account', content: html`<input type="hidden" name="session" value="${session.sessionId}"><button class="pick" type="submit">${content}</button>` })}</div>`
}

function portrait(session: BrowserSession, { picture }: AccountDetails): Html {
  if (picture === undefined)
    return html`<span class="portrait" aria-hidden="true">${initials(session.displayName || (session.email ?? '').slice(0, 1))}</span>`
  return html`<img class="portrait" src="${picture}" alt="" width="40" height="40">`
}

/** Apps by their names; nothing, where there are none. */
export function appList(apps: AccountDetails['apps']): HtmlValue {
  if (apps.length === 0) return undefined
  return html`<ul class="scopes">${apps.map(({ name }) => html`<li><bdi>${name}</bdi></li>\n`)}</ul>`
}
