/** What a person does all day: refreshes mostly, and signs up, out and in, and changes the password now and then. */

import { randomUUID } from 'node:crypto'
import { AuthService } from '@signet/contract'
import type { Wire } from '../wires.ts'
import {
  ask,
  type Device,
  GaveUp,
  gaveUp,
  outcomeOf,
  type Reach,
  seeRefused,
  signIn,
  signOut,
  sleep,
} from './device.ts'
import type { Account } from './history.ts'

export interface Life {
  /** Whether the person may stop. */
  over(): boolean
  /** The device that is signed in at the end; undefined where something went wrong. */
  last: Device | undefined
}

const twoTabsProbability = 0.15

/** What is done after a refresh, and how often. */
const doings: readonly { probability: number; run: Doing }[] = [
  { probability: 0.02, run: leaveAndReturn },
  { probability: 0.01, run: leaveEverywhere },
  { probability: 0.015, run: changePassword },
  { probability: 0.01, run: becomeSomebodyElse },
]

interface Presence {
  account: Account
  device: Device
}

type Doing = (reach: Reach, presence: Presence) => Promise<Presence>

/** Lives until it is over. Whoever gives up begins anew as somebody else: the report has been made. */
export async function live(reach: Reach, life: Life): Promise<void> {
  while (!life.over()) {
    try {
      await liveOn(reach, life)
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error
      life.last = undefined
    }
  }
}

async function liveOn(reach: Reach, life: Life): Promise<void> {
  const { random, windowMs, restlessness } = reach
  let presence = await arrive(reach)
  life.last = presence.device
  while (!life.over()) {
    await sleep(windowMs * (1.02 + 0.2 * random.next()))
    if (life.over()) return
    await refresh(reach, presence.device)
    let chance = random.next()
    for (const { probability, run } of doings) {
      chance -= probability * restlessness
      if (chance >= 0) continue
      presence = await run(reach, presence)
      break
    }
    life.last = presence.device
  }
}

async function refresh(reach: Reach, device: Device): Promise<void> {
  if (!reach.random.chance(twoTabsProbability)) return device.refresh()
  reach.history.counts.twoTabs += 1
  await Promise.all([device.refresh(), device.refresh()])
}

/** A new account, and its first session. A sign-up whose answer was lost is sent again with the same words. */
async function arrive(reach: Reach): Promise<Presence> {
  const account: Account = {
    email: `${randomUUID()}@example.com`,
    password: newPassword(),
    userId: '',
    signUpsSent: 0,
    passwordChanges: 0,
    signOutsEverywhere: 0,
  }
  const { email, password } = account
  const counted = counting(reach)
  await ask(counted.reach, AuthService.method.signUp, { input: { email, password } }).catch(
    (error) => {
      throw gaveUp(reach, `a sign-up of ${email}`, error)
    },
  )
  account.signUpsSent = counted.sent()
  reach.history.counts.signUps += 1
  reach.history.accounts.push(account)
  return { account, device: await signIn(reach, account) }
}

async function leaveAndReturn(reach: Reach, { account, device }: Presence): Promise<Presence> {
  await signOut(reach, account, { device, everywhere: false })
  return { account, device: await signIn(reach, account) }
}

/** With a second device, which is signed out by this. */
async function leaveEverywhere(reach: Reach, { account, device }: Presence): Promise<Presence> {
  const elsewhere = await signIn(reach, account)
  await signOut(reach, account, { device, everywhere: true })
  reach.history.ended.push(elsewhere.tokens)
  await seeRefused(reach, elsewhere.tokens)
  return { account, device: await signIn(reach, account) }
}

/** A change whose answer was lost is sent again; that the old password is wrong then says that it was changed. */
async function changePassword(reach: Reach, presence: Presence): Promise<Presence> {
  const { account, device } = presence
  const { history } = reach
  const elsewhere = await signIn(reach, account)
  const password = newPassword()
  const input = { currentPassword: account.password, newPassword: password }
  const { accessToken } = device.tokens
  const counted = counting(reach)
  const change = { input, accessToken }
  await ask(counted.reach, AuthService.method.changePassword, change).catch((error) => {
    const repeated = counted.sent() > 1 && error.reason === 'INVALID_CREDENTIALS'
    if (!repeated) throw gaveUp(reach, `a password change of ${account.email}`, error)
  })
  account.password = password
  account.passwordChanges += 1
  history.counts.passwordChanges += 1
  history.ended.push(elsewhere.tokens)
  await seeRefused(reach, elsewhere.tokens)
  const stays = await outcomeOf(
    ask(reach, AuthService.method.validateCredentials, { input: {}, accessToken }),
  )
  if (stays !== undefined)
    history.report('lost', `the session that changed the password was answered with ${stays}`)
  return presence
}

async function becomeSomebodyElse(reach: Reach, { account, device }: Presence): Promise<Presence> {
  await signOut(reach, account, { device, everywhere: false })
  return arrive(reach)
}

/** The same reach, where calls are counted: a repeated one may hear what a first one must not. */
function counting(reach: Reach): { reach: Reach; sent(): number } {
  let sent = 0
  const wires = reach.wires.map(
    (wire): Wire => ({
      ...wire,
      call(method, call) {
        sent += 1
        return wire.call(method, call)
      },
    }),
  )
  return { reach: { ...reach, wires }, sent: () => sent }
}

function newPassword(): string {
  return `a sentence of nobody ${randomUUID()}`
}
