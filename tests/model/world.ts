/**
 * Everyone around one grant, and everything that can happen to them, one step at a time.
 *
 * Three holders present the grant's refresh token. Those who share a storage read it when they send and write it when
 * they are answered; others keep a copy of their own; a thief copies what is stored. Between sending and answering, others
 * act, time passes, answers are lost, the service crashes, somebody signs out. A state is a value: equal states are one.
 */

import {
  type Age,
  ages,
  answers,
  confirm,
  type Grant,
  older,
  present,
  type Rules,
  type Verdict,
} from './grant-rules.ts'

/** Generations 0 to this one exist; a rotation beyond it is out of bounds. */
export const lastGeneration = 2

export interface Holder {
  kind: 'sharing' | 'separate' | 'thief'
  /** The generation that it keeps for itself; a sharing holder keeps none. */
  copy: number | undefined
  /** On its way: sent, with what the statement has read so far, and not decided. */
  request: { generation: number; position: number; aliveAbove: boolean } | undefined
  /** On its way back: what was presented, and the generation that answers it. */
  answer: { presented: number; generation: number } | undefined
}

/** How often each misfortune may still happen. */
export interface Budget {
  revocations: number
  crashes: number
  losses: number
  restores: number
}

export interface World {
  confirming: boolean
  grant: Grant
  /** The generation in the storage that the sharing holders share. */
  storage: number
  holders: readonly Holder[]
  /** The revocation log: its last position, and the cut of the user. */
  position: number
  cut: number
  left: Budget
  /** What happened, as an observer sees it who trusts no column of the row. */
  seen: {
    /** Per replaced generation: since its successor was handed out for the first time. */
    replacedAgo: readonly Age[]
    /** The same, or since it was handed out again after a window had closed. */
    successorGivenAgo: readonly Age[]
    /** The highest generation that somebody who holds it has presented or confirmed. */
    proven: number
    revoked: boolean
    reuses: number
    /** The largest position in an access token that was issued; −1 where none was. */
    newestAccessRev: number
    /** Somebody did what the promises exclude: stole, came late with a copy of his own, restored a database. */
    disturbed: boolean
  }
}

export type Action =
  | { do: 'send' | 'decide' | 'deliver' | 'lose' | 'confirm' | 'steal'; holder: number }
  | { do: 'forge'; generation: number }
  | { do: 'wait'; seconds: Age }
  | { do: 'revoke'; by: 'session' | 'cut' }
  | { do: 'crash' | 'restore' }

/** What one presentation came to. */
export interface Outcome {
  verdict: Verdict
  presented: number
  /** The generation answered; undefined where it was refused. */
  answered: number | undefined
  holder: Holder | undefined
}

export interface Behaviour {
  rules: Rules
  /** Broken: an answer is stored even where somebody has stored a later one meanwhile. */
  storeBlindly: boolean
}

/** A grant just redeemed, its first refresh token stored, held by these. */
export function redeemed(
  kinds: readonly Holder['kind'][],
  { confirming, left }: { confirming: boolean; left: Budget },
): World {
  return {
    confirming,
    grant: {
      generation: 0,
      rotatedAgo: ages.now,
      windowOpenedAgo: ages.now,
      confirmedGeneration: -1,
      ended: undefined,
    },
    storage: 0,
    holders: kinds.map((kind) => ({
      kind,
      copy: kind === 'separate' ? 0 : undefined,
      request: undefined,
      answer: undefined,
    })),
    position: 0,
    cut: 0,
    left,
    seen: {
      replacedAgo: [],
      successorGivenAgo: [],
      proven: -1,
      revoked: false,
      reuses: 0,
      newestAccessRev: -1,
      disturbed: false,
    },
  }
}

/** The generation that a holder would present; undefined for a thief who has stolen nothing. */
export function heldBy(world: World, holder: Holder): number | undefined {
  return holder.kind === 'sharing' ? world.storage : holder.copy
}

/** Everything that can happen next. */
export function actionsIn(world: World): Action[] {
  const { left, grant } = world
  const actions: Action[] = world.holders.flatMap((holder, index) =>
    holderActions(world, holder).map((act) => ({ do: act, holder: index })),
  )
  for (const seconds of [ages.soon, ages.late, ages.tooLate]) actions.push({ do: 'wait', seconds })
  for (let generation = 0; generation <= lastGeneration; generation++)
    actions.push({ do: 'forge', generation })
  if (left.revocations > 0)
    actions.push({ do: 'revoke', by: 'session' }, { do: 'revoke', by: 'cut' })
  if (left.crashes > 0) actions.push({ do: 'crash' })
  if (left.restores > 0 && grant.generation > 0) actions.push({ do: 'restore' })
  return actions
}

function holderActions(
  world: World,
  holder: Holder,
): ('send' | 'decide' | 'deliver' | 'lose' | 'confirm' | 'steal')[] {
  if (holder.request !== undefined) return ['decide']
  if (holder.answer !== undefined) return world.left.losses > 0 ? ['deliver', 'lose'] : ['deliver']
  if (heldBy(world, holder) === undefined) return ['steal']
  return world.confirming ? ['send', 'confirm'] : ['send']
}

/** The world after an action; undefined where it leads out of bounds. */
export function step(
  behaviour: Behaviour,
  world: World,
  action: Action,
): { world: World; outcome?: Outcome } | undefined {
  switch (action.do) {
    case 'forge':
      return presentTo(behaviour, world, { generation: action.generation })
    case 'wait':
      return { world: wait(world, action.seconds) }
    case 'revoke':
      return { world: revoke(world, action.by) }
    case 'crash':
      return { world: crash(world) }
    case 'restore':
      return { world: restore(world) }
    default:
      return holderStep(behaviour, world, action)
  }
}

function holderStep(
  behaviour: Behaviour,
  world: World,
  action: Extract<Action, { holder: number }>,
): { world: World; outcome?: Outcome } | undefined {
  const holder = world.holders[action.holder]
  if (holder === undefined) throw new Error(`no holder ${action.holder}`)
  const idle = { ...holder, request: undefined, answer: undefined }
  const held = heldBy(world, holder)
  switch (action.do) {
    case 'send': {
      if (held === undefined) throw new Error('nothing to send')
      const { position } = world
      const request = { generation: held, position, aliveAbove: isAliveAbove(world) }
      return { world: withHolder(world, action.holder, { ...idle, request }) }
    }
    case 'decide':
      return presentTo(behaviour, world, { generation: 0, ...holder.request, from: action.holder })
    case 'deliver':
      return { world: deliver(behaviour, world, action.holder) }
    case 'lose': {
      const left = { ...world.left, losses: world.left.losses - 1 }
      return { world: withHolder({ ...world, left }, action.holder, idle) }
    }
    case 'steal':
      return { world: withHolder(world, action.holder, { ...holder, copy: world.storage }) }
    case 'confirm':
      return { world: confirmBy(world, holder) }
  }
}

/** The grant's own row says whether it has ended; what stands above it is read from the statement's snapshot. */
function isAliveAbove(world: World): boolean {
  return world.cut <= 0
}

function presentTo(
  { rules }: Behaviour,
  world: World,
  request: { generation: number; position?: number; aliveAbove?: boolean; from?: number },
): { world: World; outcome: Outcome } | undefined {
  const { generation, from } = request
  const holder = from === undefined ? undefined : world.holders[from]
  const { verdict, grant } = present(rules, world.grant, {
    generation,
    macValid: holder !== undefined,
    aliveAbove: request.aliveAbove ?? isAliveAbove(world),
    confirming: world.confirming,
  })
  if (grant.generation > lastGeneration) return undefined
  const answered = answers.has(verdict) ? grant.generation : undefined
  const outcome = { verdict, presented: generation, answered, holder }
  const rev = rules.positionReadLate ? world.position : (request.position ?? world.position)
  const after = { ...world, grant, seen: observe(world, outcome, rev) }
  if (from === undefined || holder === undefined) return { world: after, outcome }
  const answer =
    answered === undefined ? undefined : { presented: generation, generation: answered }
  return { world: withHolder(after, from, { ...holder, request: undefined, answer }), outcome }
}

/** What an observer notes of a presentation. */
function observe(world: World, outcome: Outcome, rev: number): World['seen'] {
  const { verdict, presented, answered, holder } = outcome
  if (holder === undefined) return world.seen
  const { seen } = world
  const first = verdict === 'advanced'
  const given = first || verdict === 'recovered'
  const replaced = (answered ?? 0) - 1
  return {
    ...seen,
    replacedAgo: first ? withAge(seen.replacedAgo, replaced) : seen.replacedAgo,
    successorGivenAgo: given ? withAge(seen.successorGivenAgo, replaced) : seen.successorGivenAgo,
    proven: answered === undefined ? seen.proven : Math.max(seen.proven, presented),
    reuses: seen.reuses + (verdict === 'reuse' ? 1 : 0),
    newestAccessRev:
      answered === undefined ? seen.newestAccessRev : Math.max(seen.newestAccessRev, rev),
    disturbed: seen.disturbed || holder.kind === 'thief' || !isEntitled(world, holder, presented),
  }
}

function withAge(agesPer: readonly Age[], generation: number): Age[] {
  const changed = [...agesPer]
  changed[generation] = ages.now
  return changed
}

/**
 * Whether somebody who presents this generation must be answered, as the product promises it: it is the latest, or its
 * successor was handed out within the window, or the client confirms and the shared storage still holds it.
 */
export function isEntitled(world: World, holder: Holder, presented: number): boolean {
  const givenAgo = world.seen.successorGivenAgo[presented]
  if (presented >= world.grant.generation || givenAgo === undefined) return true
  if (givenAgo <= ages.soon) return true
  const stillStored = holder.kind === 'sharing' && world.storage === presented
  const replacedAgo = world.seen.replacedAgo[presented] ?? ages.tooLate
  return world.confirming && stillStored && replacedAgo < ages.tooLate
}

/** A sharing holder stores an answer only where the storage still holds what it presented. */
function deliver({ storeBlindly }: Behaviour, world: World, index: number): World {
  const holder = world.holders[index]
  if (holder?.answer === undefined) throw new Error('no answer to deliver')
  const { presented, generation } = holder.answer
  const idle = { ...holder, answer: undefined }
  if (holder.kind !== 'sharing') return withHolder(world, index, { ...idle, copy: generation })
  const stores = storeBlindly || world.storage === presented
  return withHolder({ ...world, storage: stores ? generation : world.storage }, index, idle)
}

function confirmBy(world: World, holder: Holder): World {
  const held = heldBy(world, holder) ?? -1
  const grant = confirm(world.grant, held, isAliveAbove(world))
  const counts = grant.confirmedGeneration > world.grant.confirmedGeneration
  const { seen } = world
  return {
    ...world,
    grant,
    seen: {
      ...seen,
      proven: counts ? Math.max(seen.proven, held) : seen.proven,
      disturbed: seen.disturbed || (counts && holder.kind !== 'sharing'),
    },
  }
}

function wait(world: World, seconds: Age): World {
  const { grant, seen } = world
  const later = (age: Age) => older(age, seconds)
  return {
    ...world,
    grant: {
      ...grant,
      rotatedAgo: later(grant.rotatedAgo),
      windowOpenedAgo: later(grant.windowOpenedAgo),
    },
    seen: {
      ...seen,
      replacedAgo: seen.replacedAgo.map(later),
      successorGivenAgo: seen.successorGivenAgo.map(later),
    },
  }
}

/** Ending the session ends the grant's row in the same transaction; a cut touches no row of the grant. */
function revoke(world: World, by: 'session' | 'cut'): World {
  const position = world.position + 1
  const ended = world.grant.ended ?? 'revoked'
  return {
    ...world,
    position,
    cut: by === 'cut' ? position : world.cut,
    grant: by === 'session' ? { ...world.grant, ended } : world.grant,
    left: { ...world.left, revocations: world.left.revocations - 1 },
    seen: { ...world.seen, revoked: true },
  }
}

/** Whether an access token of this grant is accepted: by its position, never by a clock. */
export function isAccessTokenAlive(world: World, rev: number): boolean {
  return world.grant.ended === undefined && rev >= world.cut
}

/** kill -9 of the service: what was not committed has not happened, what was not answered is lost. */
function crash(world: World): World {
  const holders = world.holders.map((each) => ({ ...each, request: undefined, answer: undefined }))
  return { ...world, holders, left: { ...world.left, crashes: world.left.crashes - 1 } }
}

/** The database loses its last rotation: restored from a copy, or failed over to one that lags. */
function restore(world: World): World {
  const { grant, seen } = world
  const generation = grant.generation - 1
  return {
    ...world,
    grant: {
      ...grant,
      generation,
      confirmedGeneration: Math.min(grant.confirmedGeneration, generation),
      rotatedAgo: ages.late,
      windowOpenedAgo: ages.late,
    },
    left: { ...world.left, restores: world.left.restores - 1 },
    // Nobody can ask of the service what its database has forgotten.
    seen: { ...seen, proven: Math.min(seen.proven, generation), disturbed: true },
  }
}

function withHolder(world: World, index: number, holder: Holder): World {
  return { ...world, holders: world.holders.with(index, holder) }
}
