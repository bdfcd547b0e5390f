/** Every state within the bounds keeps every promise, and a broken rule is found by a short story. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './explore.ts'
import { type Rules, rules } from './grant-rules.ts'
import { promises } from './promises.ts'
import { type Behaviour, type Budget, type Holder, redeemed } from './world.ts'

const oneOfEach: Budget = { revocations: 1, crashes: 1, losses: 1, restores: 0 }
const withRestore: Budget = { ...oneOfEach, restores: 1 }
// A crash loses every answer on its way; with a thief about, that is enough.
const crashesOnly: Budget = { ...oneOfEach, losses: 0 }

const threeTabs: Holder['kind'][] = ['sharing', 'sharing', 'sharing']
const threeCopies: Holder['kind'][] = ['separate', 'separate', 'separate']
const tabsAndThief: Holder['kind'][] = ['sharing', 'sharing', 'thief']
const tabAndThief: Holder['kind'][] = ['sharing', 'thief']

const right: Behaviour = { rules, storeBlindly: false }

const settings: [string, Holder['kind'][], { confirming: boolean; left: Budget }][] = [
  ['three tabs that share a storage', threeTabs, { confirming: false, left: oneOfEach }],
  ['three tabs that confirm', threeTabs, { confirming: true, left: oneOfEach }],
  ['three separate copies', threeCopies, { confirming: true, left: oneOfEach }],
  ['two tabs and a thief', tabsAndThief, { confirming: true, left: crashesOnly }],
  ['a tab, a thief, a restored database', tabAndThief, { confirming: true, left: withRestore }],
  ['the same without confirming', tabAndThief, { confirming: false, left: withRestore }],
]

for (const [name, kinds, setting] of settings) {
  test(`${name}: every promise holds in every state`, (context) => {
    const { states, steps, violation } = explore(right, redeemed(kinds, setting))
    assert.equal(violation, undefined)
    assert.ok(states > 10_000, `only ${states} states: the model does not move`)
    context.diagnostic(`${states} states, ${steps} steps`)
  })
}

const neverLoggedOut =
  'who shares storage, refreshes within the window or confirms is never logged out'
const deadStaysDead = 'nothing revoked is ever alive again'
const reuseEnds = 'reuse ends the grant, once'
const endsForCause = 'a grant ends by a revocation or by theft'
const sameSuccessor = 'the successor of a token is always the same'
const aboveEndsNothing = 'a generation above the current one ends nothing'
const wrongMac = 'a wrong MAC touches nothing'

/** Rules broken one at a time: which promise must fall, found from which start. */
const broken: {
  name: string
  change: Partial<Rules>
  kinds?: Holder['kind'][]
  confirming?: boolean
  falls: string
}[] = [
  { name: 'no window', change: { windowSeconds: 0 }, confirming: false, falls: neverLoggedOut },
  { name: 'no window, confirming', change: { windowSeconds: 0 }, falls: neverLoggedOut },
  {
    name: 'confirming closes the window',
    change: { confirmationClosesWindow: true },
    falls: neverLoggedOut,
  },
  { name: 'no recovery of a lost answer', change: { recoverySeconds: 0 }, falls: neverLoggedOut },
  {
    name: 'a recovery that opens no window',
    change: { recoveryOpensWindow: false },
    falls: neverLoggedOut,
  },
  {
    name: 'a recovery without end',
    change: { recoverySeconds: Number.MAX_SAFE_INTEGER },
    falls: reuseEnds,
  },
  {
    name: 'reuse that ends nothing',
    change: { reuseEnds: false },
    kinds: tabsAndThief,
    falls: reuseEnds,
  },
  { name: 'a successor for each retry', change: { retryAdvances: true }, falls: sameSuccessor },
  {
    name: 'a position read after the revocation',
    change: { positionReadLate: true },
    falls: deadStaysDead,
  },
  { name: 'the MAC looked at last', change: { macLast: true }, falls: wrongMac },
  {
    name: 'lost state taken for theft',
    change: { aboveCurrentEnds: true },
    kinds: tabAndThief,
    falls: aboveEndsNothing,
  },
  {
    name: 'lost state taken for theft, again',
    change: { aboveCurrentEnds: true },
    kinds: tabAndThief,
    falls: endsForCause,
  },
]

for (const { name, change, kinds = threeTabs, confirming = true, falls } of broken) {
  test(`${name}: "${falls}" falls`, (context) => {
    const left = kinds === tabAndThief ? withRestore : oneOfEach
    const behaviour = { ...right, rules: { ...rules, ...change } }
    const { violation } = explore(behaviour, redeemed(kinds, { confirming, left }), [falls])
    assert.equal(violation?.promise, falls)
    context.diagnostic(violation.story.join(', '))
  })
}

test('an answer stored over a later one loses the grant', (context) => {
  const start = redeemed(threeTabs, { confirming: true, left: oneOfEach })
  const { violation } = explore({ ...right, storeBlindly: true }, start, [neverLoggedOut])
  assert.equal(violation?.promise, neverLoggedOut)
  context.diagnostic(violation.story.join(', '))
})

test('no promise is kept whatever the rules: each falls with one of them', () => {
  const fallen = new Set(broken.map(({ falls }) => falls))
  assert.deepEqual([...fallen].sort(), Object.keys(promises).sort())
})
