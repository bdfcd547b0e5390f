import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { EntryScope } from './entry-set.ts'
import { claimOfScope, hashIdentifier } from './hashed-identifier.ts'
import { go, php, python, readBlock, runProgram } from './testing/printed-code.ts'

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

describe('the line that makes a value, as the documentation has it', () => {
  const sessions = [
    ['https://id.example.com', '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4'],
    ['https://id.example.com/ä', 'ü'],
  ] as const
  for (const [language, around] of [
    [
      python,
      (line: string) => `
import hashlib, json, sys
print(json.dumps([(${line}).hex() for iss, sid in json.load(sys.stdin)]))
`,
    ],
    [
      go,
      (line: string) => `
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
)

func main() {
	var sessions [][2]string
	if err := json.NewDecoder(os.Stdin).Decode(&sessions); err != nil {
		panic(err)
	}
	values := []string{}
	for _, session := range sessions {
		iss, sid := session[0], session[1]
		${line}
		values = append(values, hex.EncodeToString(value))
	}
	json.NewEncoder(os.Stdout).Encode(values)
}
`,
    ],
    [
      php,
      (line: string) => `<?php
$values = [];
foreach (json_decode(stream_get_contents(STDIN)) as [$iss, $sid]) {
    ${line}
    $values[] = bin2hex($value);
}
echo json_encode($values);
`,
    ],
  ] as const)
    it(`makes ours, as ${language.heading} says it`, async () => {
      const [, line = ''] = (await readBlock('revocation-feed.md', language)).trim().split('\n')
      const made = await runProgram(language, around(line), { input: sessions })
      const ours = sessions.map(([issuer, sid]) => hashIdentifier(issuer, 'sid', sid))
      assert.deepEqual(
        made,
        ours.map((each) => each.toString('hex')),
      )
    })
})
