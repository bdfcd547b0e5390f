import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import type { EntryScope } from './entry-set.ts'
import { claimOfScope, hashIdentifier } from './hashed-identifier.ts'

const page = join(import.meta.dirname, '../../../../docs/reference/revocation-feed.md')

it('makes the values that the documentation gives to implementers', async () => {
  const row = /^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \| `([0-9a-f]{32})` \| `([^`]+)` \|$/gm
  const rows = [...(await readFile(page, 'utf8')).matchAll(row)]
  assert.equal(rows.length, 2)
  for (const [, issuer = '', claim, identifier = '', hex, base64] of rows) {
    const scope = (Object.keys(claimOfScope) as (keyof typeof claimOfScope)[]).find(
      (each) => claimOfScope[each] === claim,
    )
    assert.ok(scope, claim)
    const value = hashIdentifier(issuer, scope, identifier)
    assert.deepEqual([value.toString('hex'), value.toString('base64')], [hex, base64])
  }
})

it('makes different values of what differs in one part only', () => {
  const inputs: [string, Exclude<EntryScope, 'all'>, string][] = [
    ['https://a', 'sid', 'b'],
    ['https://a', 'gid', 'b'],
    ['https://ab', 'sid', ''],
    ['https://a', 'sid', 'b\0'],
    ['https://a', 'sid', '\0b'],
  ]
  const values = inputs.map((input) => hashIdentifier(...input).toString('hex'))
  assert.equal(new Set(values).size, inputs.length)
})
