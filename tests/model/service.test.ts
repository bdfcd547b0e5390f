/**
 * The real service keeps to the model, step by step, through stories that chance makes up. `SIGNET_TEST_SEED` tells the
 * same stories again.
 */

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Age, ages, rules, type Verdict } from './grant-rules.ts'
import { openService, type RealGrant, type Service } from './service.ts'
import {
  type Action,
  actionsIn,
  type Behaviour,
  type Holder,
  isAccessTokenAlive,
  redeemed,
  step,
  type World,
} from './world.ts'

const stories = 100
const scenesPerStory = 40
const right: Behaviour = { rules, storeBlindly: false }

let service: Service
before(async () => {
  service = await openService()
})
after(() => service.close())

interface Telling {
  world: World
}

/** Does these actions one after the other, as far as each is possible when its turn comes. */
function command(actions: Action[]): fc.AsyncCommand<Telling, RealGrant> {
  return {
    check: ({ world }) => actions.some((action) => isPossible(world, action)),
    async run(telling, grant) {
      for (const action of actions) {
        if (!isPossible(telling.world, action)) continue
        const before = arriving(telling.world, action)
        const taken = step(right, before, action)
        if (taken === undefined) continue
        telling.world = taken.world
        await grant.follow({ before, action, after: taken.world, outcome: taken.outcome })
      }
    },
    toString: () => actions.map((action) => Object.values(action).join(' ')).join(', '),
  }
}

function isPossible(world: World, action: Action): boolean {
  const text = JSON.stringify(action)
  return actionsIn(world).some((each) => JSON.stringify(each) === text)
}

/** What is sent waits on the network, not in the statement: it reads the log when it arrives. */
function arriving(world: World, action: Action): World {
  if (action.do !== 'decide') return world
  const holder = world.holders[action.holder]
  if (holder?.request === undefined) return world
  const aliveAbove = isAccessTokenAlive({ ...world, grant: redeemedGrant }, 0)
  const request = { ...holder.request, position: world.position, aliveAbove }
  return { ...world, holders: world.holders.with(action.holder, { ...holder, request }) }
}
const redeemedGrant = redeemed([], { confirming: false, left: noMore() }).grant

function noMore() {
  return { revocations: 0, crashes: 0, losses: 0, restores: 0 }
}

const holder = fc.nat({ max: 2 })
const oneOf = (weight: number, arbitrary: fc.Arbitrary<Action[]>) => ({ weight, arbitrary })
const wait = (seconds: Age): Action => ({ do: 'wait', seconds })
const by = (index: number, ...acts: Extract<Action, { holder: number }>['do'][]): Action[] =>
  acts.map((act) => ({ do: act, holder: index }))
const refresh = (index: number) => by(index, 'send', 'decide', 'deliver')
const lostRefresh = (index: number) => by(index, 'send', 'decide', 'lose')

const anyAge = fc.constantFrom(ages.soon, ages.late, ages.late, ages.tooLate)
const scenes = fc.oneof(
  oneOf(
    6,
    holder.map((one) => [wait(ages.late), ...refresh(one)]),
  ),
  oneOf(4, holder.map(refresh)),
  oneOf(
    3,
    holder.map((one) => [wait(ages.late), ...lostRefresh(one)]),
  ),
  oneOf(
    4,
    holder.map((one) => by(one, 'send')),
  ),
  oneOf(
    4,
    holder.map((one) => by(one, 'decide', 'deliver')),
  ),
  oneOf(
    4,
    holder.map((one) => by(one, 'confirm')),
  ),
  oneOf(
    2,
    holder.map((one) => [...by(one, 'steal'), ...refresh(one)]),
  ),
  oneOf(
    4,
    anyAge.map((seconds) => [wait(seconds)]),
  ),
  oneOf(
    2,
    fc.nat({ max: 2 }).map((generation): Action[] => [{ do: 'forge', generation }]),
  ),
  oneOf(
    1,
    fc.constantFrom<Action[]>(
      [{ do: 'crash' }],
      [{ do: 'restore' }],
      [{ do: 'revoke', by: 'session' }],
      [{ do: 'revoke', by: 'cut' }],
    ),
  ),
)
const commands = scenes.map(command)

const casts: Holder['kind'][][] = [
  ['sharing', 'sharing', 'sharing'],
  ['sharing', 'sharing', 'thief'],
  ['separate', 'separate', 'separate'],
  ['sharing', 'separate', 'thief'],
]
const left = { revocations: 1, crashes: 2, losses: 3, restores: 1 }

async function tell(
  cast: { kinds: Holder['kind'][]; confirming: boolean },
  told: Iterable<fc.AsyncCommand<Telling, RealGrant>>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const real = await service.redeem(cast.confirming)
  const noting: RealGrant = {
    async follow(taken) {
      await real.follow(taken)
      if (taken.outcome !== undefined) verdicts.push(taken.outcome.verdict)
    },
  }
  const start = redeemed(cast.kinds, { confirming: cast.confirming, left })
  await fc.asyncModelRun(() => ({ model: { world: start }, real: noting }), told)
  return verdicts
}

const tabs: Holder['kind'][] = ['sharing', 'sharing', 'sharing']
const rotate = [wait(ages.late), ...refresh(0)]

/** Every line of the table of refresh tokens, and what the service must say at the end. */
const table: [string, Verdict, Action[]][] = [
  ['the current token, long after the last rotation', 'advanced', rotate],
  ['the current token, rotated a moment ago', 'kept', [...rotate, ...refresh(1)]],
  [
    'the replaced token, within the window, its successor confirmed',
    'retried',
    [...by(1, 'send'), ...rotate, ...by(0, 'confirm'), wait(ages.soon), ...by(1, 'decide')],
  ],
  [
    'the replaced token, late, its answer lost',
    'recovered',
    [wait(ages.late), ...lostRefresh(0), wait(ages.late), ...refresh(1)],
  ],
  [
    'the replaced token, twice at once after a lost answer, the first one confirmed',
    'retried',
    [
      ...[wait(ages.late), ...lostRefresh(0), wait(ages.late), ...by(2, 'send')],
      ...[...refresh(1), ...by(1, 'confirm'), ...by(2, 'decide')],
    ],
  ],
  [
    'the replaced token, too late',
    'reuse',
    [wait(ages.late), ...lostRefresh(0), wait(ages.tooLate), ...refresh(1)],
  ],
  [
    'the replaced token, late, its successor confirmed',
    'reuse',
    [...by(1, 'send'), ...rotate, ...by(0, 'confirm'), wait(ages.late), ...by(1, 'decide')],
  ],
  [
    'a token replaced twice, within the window',
    'reuse',
    [...by(1, 'send'), ...rotate, ...rotate, ...by(1, 'decide')],
  ],
  [
    'a stolen token, after its reuse',
    'dead',
    [...by(1, 'send'), ...rotate, ...rotate, ...by(1, 'decide'), ...refresh(0)],
  ],
  ['a token above the current one', 'state_lost', [...rotate, { do: 'restore' }, ...refresh(0)]],
  ['a token of an ended session', 'dead', [{ do: 'revoke', by: 'session' }, ...refresh(0)]],
  ['a token of a user who left everywhere', 'dead', [{ do: 'revoke', by: 'cut' }, ...refresh(0)]],
  ['a wrong MAC', 'forged', [...rotate, { do: 'forge', generation: 0 }]],
]

for (const [name, verdict, actions] of table) {
  test(`${name}: ${verdict}`, async () => {
    const verdicts = await tell({ kinds: tabs, confirming: true }, [command(actions)])
    assert.equal(verdicts.at(-1), verdict)
  })
}

test('without confirming, the replaced token is late once the window has closed', async () => {
  const actions = [wait(ages.late), ...lostRefresh(0), wait(ages.late), ...refresh(1)]
  const verdicts = await tell({ kinds: tabs, confirming: false }, [command(actions)])
  assert.deepEqual(verdicts, ['advanced', 'reuse'])
})

test('the service does what the model foretells', async (context) => {
  const seed = Number(process.env.SIGNET_TEST_SEED ?? randomInt(2 ** 31))
  context.diagnostic(`SIGNET_TEST_SEED=${seed}`)
  const seen = new Map<Verdict, number>()
  const property = fc.asyncProperty(
    fc.constantFrom(...casts),
    fc.boolean(),
    fc.commands([commands], { maxCommands: scenesPerStory, size: 'max' }),
    async (kinds, confirming, told) => {
      for (const verdict of await tell({ kinds, confirming }, told)) {
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1)
      }
    },
  )
  await fc.assert(property, { seed, numRuns: stories, endOnFailure: true })
  context.diagnostic([...seen].map(([verdict, count]) => `${verdict} ${count}`).join(', '))
})
