/**
 * The completeness matrix: one test for each cell. A cause comes once, while a sign-in is in flight; then everything that was held is
 * presented wherever it can be.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import {
  type SessionArtefact,
  type SingleArtefact,
  sessionArtefacts,
  singleArtefacts,
} from '../../packages/server/src/revocation/matrix/artefacts.ts'
import {
  type Cause,
  type CauseName,
  causes,
} from '../../packages/server/src/revocation/matrix/causes.ts'
import type { Cell } from '../../packages/server/src/revocation/matrix/cells.ts'
import { rowsOf } from '../../packages/server/src/testing/deps.ts'
import { eventually } from '../client.ts'
import { acts } from './acts.ts'
import { type Held, holdEverything, ofSession, signInWhile, single } from './held.ts'
import { openWorld, type World } from './world.ts'

let shared: World
before(async () => {
  shared = await openWorld()
})
after(() => shared.close())

const sessionNames = Object.keys(sessionArtefacts) as SessionArtefact[]
const singleNames = Object.keys(singleArtefacts) as SingleArtefact[]

const all = Object.entries<Cause>(causes).map(([name, cause]) => ({
  name: name as CauseName,
  cause,
  ...acts[name as CauseName],
}))
/** What stands within would be run at once, where what is around it is. */
const inOrder = { concurrency: 1 }

const describeEach = (some: typeof all) => {
  for (const { name, cause } of some) describe(cause.title, inOrder, () => judge(name, cause))
}

describe('beside each other', { concurrency: true }, () => {
  describe('in one world', inOrder, () => {
    describeEach(all.filter(({ ofEverybody }) => !ofEverybody))
  })
  describeEach(all.filter(({ ofEverybody, movesClock }) => ofEverybody && !movesClock))
})
describe('alone, because the clock of the process moves', () => {
  describeEach(all.filter(({ movesClock }) => movesClock))
})

function judge(name: CauseName, cause: Cause): void {
  const { end, ofEverybody = false, partsFor = (deps) => deps, reopen } = acts[name]
  let world!: World
  let held!: Held
  let written: Written
  /** Whether this instance called the access tokens active, at once after the answer. */
  const acknowledged = { here: true, other: true }

  before(async () => {
    world = ofEverybody ? await openWorld() : shared
    held = await holdEverything(world, {
      here: partsFor(world.deps, 'here'),
      other: partsFor(world.deps, 'other'),
    })
    await world.caughtUp()
    await everythingIsGood(world, held)
    const since = await writtenIn(world)
    held.inFlight = await signInWhile(world.deps, held.email, async () => {
      await end(world, held)
      for (const whose of ['here', 'other'] as const)
        acknowledged[whose] = await ofSession.introspection(world, held[whose])
    })
    written = await writtenIn(world, since)
    await world.caughtUp()
  })
  after(async () => {
    mock.timers.reset()
    held?.here.stream.close()
    held?.other.stream.close()
    if (ofEverybody) await world?.close()
  })

  it('is written down as the matrix says', () => {
    assert.deepEqual(written.reasons, [...cause.reasons])
    for (const kind of cause.events) assert.ok(written.events.includes(kind), kind)
  })

  it('is known to the instance that acknowledged it at once', () => {
    for (const whose of ['here', 'other'] as const) {
      const cell = cause[whose].introspection
      if (cell.fate !== 'dies' || cell.later === undefined)
        assert.equal(acknowledged[whose], cell.fate === 'lives', whose)
    }
  })

  for (const whose of ['here', 'other'] as const)
    for (const artefact of sessionNames) {
      const where = whose === 'here' ? 'this session' : 'another session'
      const { title } = sessionArtefacts[artefact]
      check(`${title}, ${where}`, cause[whose][artefact], () =>
        ofSession[artefact](world, held[whose]),
      )
    }
  for (const artefact of singleNames)
    check(singleArtefacts[artefact].title, cause.single[artefact], () =>
      single[artefact](world, held),
    )

  if (reopen !== undefined)
    it('opening again brings nothing back', async () => {
      await reopen(world, held)
      for (const whose of ['here', 'other'] as const)
        for (const artefact of sessionNames)
          if (cause[whose][artefact].fate === 'dies')
            assert.equal(await ofSession[artefact](world, held[whose]), false, artefact)
      for (const artefact of singleNames)
        if (cause.single[artefact].fate === 'dies')
          assert.equal(await single[artefact](world, held), false, artefact)
    })
}

/** How long the end of a stream may take to come to who reads it; less than until its caller is authenticated again. */
const underWayMs = 4_000

function check(title: string, cell: Cell, isGood: () => Promise<boolean>): void {
  if (cell.fate === 'none') return
  const isDead = async () => !(await isGood())
  it(`${title}: ${cell.fate}`, async () => {
    if (cell.fate === 'lives') assert.equal(await isGood(), true)
    else if (cell.later !== undefined) await eventually('it is dead', isDead)
    else if (title.startsWith(sessionArtefacts.eventStream.title))
      await eventually('it has ended', isDead, underWayMs)
    else assert.equal(await isDead(), true)
  })
}

/** A cell proves something only where what it is about was good before. */
async function everythingIsGood(world: World, held: Held): Promise<void> {
  for (const whose of ['here', 'other'] as const)
    for (const artefact of sessionNames)
      assert.equal(await ofSession[artefact](world, held[whose]), true, artefact)
  for (const artefact of singleNames)
    if (artefact !== 'signInInFlight')
      assert.equal(await single[artefact](world, held), true, artefact)
}

interface Written {
  reasons: unknown[]
  events: unknown[]
  /** The last entry of the log, and the last event. */
  last: unknown[]
}

const nothing: Written = { reasons: [], events: [], last: [0, 0] }

/** What the log and the record hold, but for what they held before. */
async function writtenIn({ deps }: World, { last: since } = nothing): Promise<Written> {
  const reasons = 'select distinct reason from revocation_log where id > $1'
  const events = 'select distinct kind from events where arrival > $1'
  const last = `select coalesce((select max(id) from revocation_log), 0),
                       coalesce((select max(arrival) from events), 0)`
  return {
    reasons: (await rowsOf(deps, reasons, [since[0]])).flat(),
    events: (await rowsOf(deps, events, [since[1]])).flat(),
    last: (await rowsOf(deps, last))[0] ?? [],
  }
}
