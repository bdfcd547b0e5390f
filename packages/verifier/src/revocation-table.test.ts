/** The table against a plain list that follows the rule, and its size with a million entries. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { HashWords } from './hashed-identifier.ts'
import { openRevocationTable, type RevocationKind, type TableEntry } from './revocation-table.ts'
import { megabytesInUse } from './testing/collect-garbage.ts'

const hashOf = (value: number): HashWords => {
  const bytes = createHash('sha256').update(String(value)).digest()
  return [0, 4, 8, 12].map((offset) => bytes.readInt32BE(offset))
}

interface Plain {
  value: number
  position: number
  kind: RevocationKind
  except: number | undefined
  expiresAt: number
}

const tableEntry = ({ value, position, kind, except, expiresAt }: Plain): TableEntry => ({
  hash: hashOf(value),
  position,
  kind,
  exceptSession: except === undefined ? undefined : hashOf(except),
  expiresAt,
})

/** The rule, word by word. */
function judge(entries: Plain[], value: number, newerThan: number, session: number) {
  const kinds = entries
    .filter((entry) => entry.value === value && entry.position > newerThan)
    .filter(({ except }) => except !== session)
    .map(({ kind }) => kind)
  return kinds.includes('ended') ? 'ended' : kinds[0]
}

/** The words of a value and of a session, one after the other. */
const wordsOf = (value: number, session: number) => [...hashOf(value), ...hashOf(session)]

const plain = fc.record({
  value: fc.nat(12),
  position: fc.integer({ min: 1, max: 40 }),
  kind: fc.constantFrom<RevocationKind>('ended', 'ended', 'stale'),
  except: fc.option(fc.integer({ min: 100, max: 102 }), { nil: undefined }),
  expiresAt: fc.integer({ min: 1000, max: 1010 }),
})

describe('the table', () => {
  test('says what the rule says, for any entries in any order', () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 60 }), (entries) => {
        const table = openRevocationTable()
        for (const entry of entries) table.add(tableEntry(entry))
        for (let value = 0; value < 13; value++) {
          for (const newerThan of [-1, 0, 7, 20, 39, 40]) {
            for (const session of [100, 101, 102, 103]) {
              assert.equal(
                table.find(wordsOf(value, session), 0, newerThan, 4),
                judge(entries, value, newerThan, session),
              )
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('loses nothing that lives and keeps nothing that has expired', () => {
    fc.assert(
      fc.property(
        fc.array(plain, { maxLength: 60 }),
        fc.array(plain, { maxLength: 60 }),
        (earlier, later) => {
          const table = openRevocationTable()
          const now = 1005
          for (const entry of earlier) table.add(tableEntry(entry))
          for (let turn = 0; turn < 32; turn++) table.expireSome(now)
          const live = earlier.filter(({ expiresAt }) => expiresAt >= now)
          assert.ok(table.count() <= live.length)
          for (const entry of later) table.add(tableEntry(entry))
          for (const { value } of [...earlier, ...later]) {
            const expected = judge([...live, ...later], value, -1, 0)
            assert.equal(table.find(wordsOf(value, 0), 0, -1, 4), expected)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('ending one session again and again takes one slot', () => {
    const table = openRevocationTable()
    const entry = { value: 1, kind: 'ended', except: undefined } as const
    for (let position = 1; position < 10_000; position++) {
      table.add(tableEntry({ ...entry, position, expiresAt: 1000 + position }))
    }
    assert.equal(table.count(), 1)
  })
})

describe('a million live entries', () => {
  const million = 1_000_000
  const expiresAt = 2_000_000_000

  test('take at most 64 MB, are all found, and no other is, and go when they have expired', () => {
    const table = openRevocationTable()
    let seed = 1
    const next = () => {
      // xorshift: a million hashes by SHA-256 would be most of the time of this test.
      seed ^= seed << 13
      seed ^= seed >>> 17
      seed ^= seed << 5
      return seed
    }
    const draw = () => [next(), next(), next(), next()]
    const before = megabytesInUse()
    for (let n = 0; n < million; n++) {
      const entry = { hash: draw(), position: n + 1, kind: 'ended', expiresAt } as const
      table.add({ ...entry, exceptSession: undefined })
    }
    const megabytes = megabytesInUse() - before
    assert.equal(table.count(), million)
    assert.ok(table.bytes() <= 64e6, `${table.bytes()} bytes`)
    assert.ok(megabytes <= 64, `${megabytes} MB`)

    seed = 1
    for (let n = 0; n < million; n++) {
      const hash = draw()
      if (n % 10 === 0) assert.equal(table.find(hash, 0, -1, 0), 'ended')
    }
    for (let n = 0; n < 100_000; n++) assert.equal(table.find(draw(), 0, -1, 0), undefined)

    for (let turn = 0; turn < 32; turn++) table.expireSome(expiresAt + 1)
    assert.equal(table.count(), 0)
    assert.ok(table.bytes() < 100_000, 'the memory is given back')
  })
})
