/**
 * The job behind a request for mail, and behind a sign-up: finds out who has the address, and writes to it.
 *
 *     sign-up, claim still open      → verify_email, bound to that account's claim
 *     sign-up, address is taken      → account_exists, with a link for a new password
 *     password_reset                 → reset_password to who proved the address, else to who claimed it first
 *     email_sign_in                  → sign_in, likewise
 *     email_verification             → verify_email for the latest claim, while nobody has proved the address
 *     the same, of a waiting browser → verify_email for its own claim, else account_exists
 *     anything, and nobody is there  → nothing
 *
 * The link and the order of its mail are one transaction under the id of the job, so a second run changes nothing. Mail
 * goes to the address as its holder wrote it, never to what somebody typed.
 */

import type { Deps } from '../deps.ts'
import type { UserId } from '../ids.ts'
import { type MailKind, mailKinds } from '../mail/mail-kinds.ts'
import { type NewMail, orderMail } from '../mail/mail-order.ts'
import type { Job } from '../queue/job.ts'
import { findAddressee, findClaim } from './mailed-links.sql.ts'
import { issueMailedLink, makeOpener } from './mailed-links.ts'

type Addressee = NonNullable<Awaited<ReturnType<typeof findAddressee>>>
const purposes = {
  verify_email: 'verify_email',
  account_exists: 'reset_password',
  reset_password: 'reset_password',
  sign_in: 'sign_in',
} as const

type LinkMail = keyof typeof purposes

/** Writes, if there is anybody to write to. */
export async function writeToAddress(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  { id, payload }: Job<'write_to_address'>,
): Promise<void> {
  const { about, canonical, userId, requestHash } = payload
  const verifies = about === 'email_verification' || userId !== undefined
  await deps.db.transaction(async (tx) => {
    const claim = verifies ? await findClaim(tx, { canonical, userId: userId ?? null }) : undefined
    if (claim !== undefined) {
      await orderLink({ ...deps, db: tx }, { id, kind: 'verify_email', canonical, to: claim })
      return
    }
    if (about === 'email_verification' && userId === undefined) return
    const addressee = await findAddressee(tx, { canonical })
    if (addressee === undefined) return
    const kind = kindFor[about]
    await orderLink({ ...deps, db: tx }, { id, kind, canonical, to: addressee, requestHash })
  })
}

const kindFor = {
  sign_up: 'account_exists',
  email_verification: 'account_exists',
  password_reset: 'reset_password',
  email_sign_in: 'sign_in',
} as const

interface OrderedLink {
  id: string
  kind: LinkMail
  canonical: string
  to: Addressee
  requestHash?: string | undefined
}

async function orderLink(
  deps: Parameters<typeof orderMail>[0],
  { id, kind, canonical, to, requestHash }: OrderedLink,
): Promise<void> {
  const now = new Date()
  const { link } = mailKinds[kind]
  const made = makeOpener()
  // A code that no mail shows is none: it could only be guessed.
  const opener = link.code ? made : { ...made, code: '' }
  const mail: NewMail<MailKind> = {
    kind,
    to: to.value,
    locale: to.locale,
    facts: {} as never,
    opener,
  }
  if (!(await orderMail(deps, mail, { now, id }))) return
  await issueMailedLink(
    deps,
    {
      purpose: purposes[kind],
      identifierId: to.identifierId,
      userId: to.userId as UserId,
      canonical,
      opener,
      ...(requestHash !== undefined && { requestHash: Buffer.from(requestHash, 'hex') }),
      lifetimeMinutes: link.lifetimeMinutes,
    },
    now,
  )
}
