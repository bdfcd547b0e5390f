/** The rules of the house, each broken once. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { layers, refuseImport } from './layers.ts'
import { tables, tablesWritten } from './tables.ts'
import { tidyFile } from './tidy.ts'

const server = 'packages/server/src'
const root = fileURLToPath(new URL('../..', import.meta.url))
const opening = '/** Decides something. */\n'

const broken: [rule: string, path: string, text: string, sentence: RegExp][] = [
  ['a file of 401 lines', `${server}/users/x.ts`, opening + '\n'.repeat(400), /lines; split/],
  ['no opening', `${server}/users/x.ts`, 'export const a = 1\n', /opens without saying/],
  [
    'a note to do something',
    `${server}/users/x.ts`,
    `${opening}// ${'TO'}DO later\n`,
    /note to do/,
  ],
  ['a folder that says nothing', `${server}/utils/x.ts`, opening, /"utils" says nothing/],
  [
    'SQL in TypeScript',
    `${server}/users/x.ts`,
    `${opening}const q = \`select id from users\`\n`,
    /holds SQL/,
  ],
  [
    'the environment outside config',
    `${server}/users/x.ts`,
    `${opening}const home = process.env.HOME\n`,
    /only config\/ does/,
  ],
  [
    'an import to the right',
    `${server}/users/x.ts`,
    `${opening}import { signIn } from '../sign-in/sign-in.ts'\n`,
    /users\/ stands left of sign-in\//,
  ],
  [
    'an import over several lines',
    `${server}/users/x.ts`,
    `${opening}import {\n  signIn,\n} from '../sign-in/sign-in.ts'\n`,
    /users\/ stands left of sign-in\//,
  ],
  [
    'a feature in a wire',
    `${server}/wires/x.ts`,
    `${opening}import { signIn } from '../sign-in/sign-in.ts'\n`,
    /wires\/ imports no feature/,
  ],
  [
    'the tables of another feature',
    `${server}/sign-in/x.ts`,
    `${opening}import { findUser } from '../users/users.sql.ts'\n`,
    /uses queries of users\//,
  ],
  [
    'a write to a table of another feature',
    `${server}/sign-in/x.sql`,
    "-- update users\nselect 1 for no key update; with a as (update\n passwords p set hash = '')",
    /^[^;]*writes passwords, which is authenticators\/'s; call/,
  ],
  [
    'a table without an owner',
    `${server}/users/x.sql`,
    'insert into somewhere values (1)',
    /somewhere has no owner/,
  ],
  [
    'test code in the service',
    `${server}/users/x.ts`,
    `${opening}import { openTestDeps } from '../testing/deps.ts'\n`,
    /made for tests/,
  ],
]

test('docs/architecture.md shows this order', async () => {
  const page = await readFile(join(root, 'docs/architecture.md'), 'utf8')
  const [shown = ''] = /ids errors <[^`]*?< cli\n/.exec(page) ?? []
  const order = layers.map(({ folder }) => folder).filter((folder) => folder !== 'testing')
  assert.deepEqual(shown.trim().split(/\s*<\s*/), ['ids errors', ...order.slice(1)])
})

test('every table has an owner, and every exception is in use', async () => {
  const schema = await readFile(join(root, server, 'db/schema.sql'), 'utf8')
  const created = [...schema.matchAll(/^CREATE TABLE (\w+) \(/gm)].map(([, table]) => table)
  const owned = Object.keys(tables).filter((table) => !table.startsWith('jobs.'))
  assert.deepEqual(
    created.filter((table) => table !== 'schema_migrations').sort(),
    owned.sort(),
    'db/ alone writes schema_migrations',
  )
  const written = new Set<string>()
  for await (const path of glob('*/*.sql', { cwd: join(root, server) })) {
    const sql = await readFile(join(root, server, path), 'utf8')
    for (const table of tablesWritten(sql)) written.add(`${path.split(/[\\/]/)[0]} ${table}`)
  }
  for (const [table, { also = {} }] of Object.entries(tables))
    for (const feature of Object.keys(also)) assert.ok(written.has(`${feature} ${table}`), table)
})

for (const [rule, path, text, sentence] of broken) {
  test(`refuses ${rule}`, () => {
    const sentences = tidyFile({ path, text })
    assert.ok(
      sentences.some((each) => sentence.test(each)),
      sentences.join('\n') || 'nothing was refused',
    )
  })
}

test('what the rules allow passes', () => {
  const text = `${opening}import type { Deps } from '../deps.ts'\nimport { newId } from '../ids.ts'\n`
  assert.deepEqual(tidyFile({ path: `${server}/users/x.ts`, text }), [])
  const types = `${opening}import type { SignIn } from '../sign-in/sign-in.ts'\n`
  assert.deepEqual(tidyFile({ path: `${server}/users/x.ts`, text: types }), [])
})

test('no two folders may import each other', () => {
  for (const { folder: one } of layers) {
    for (const { folder: other } of layers) {
      if (one === other || one === 'testing' || other === 'testing') continue
      const both = [refuseImport(one, other, false), refuseImport(other, one, false)]
      assert.ok(both.some(Boolean), `${one}/ and ${other}/`)
    }
  }
})

test('pipeline and wires import none of the features, whichever there are', () => {
  for (const feature of ['idempotency', 'stored-keys', 'pages']) {
    assert.match(refuseImport('call', feature, false) ?? '', /imports no feature/)
    assert.match(refuseImport('wires', feature, false) ?? '', /imports no feature/)
  }
  for (const other of ['db', 'operations', 'outbound', 'reference'])
    assert.equal(refuseImport('wires', other, false), undefined)
})

test('the linter knows the bans too, and says why', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'signet-lint-'))
  const folder = join(copy, server, 'roles')
  await mkdir(folder, { recursive: true })
  await copyFile(join(root, 'biome.json'), join(copy, 'biome.json'))
  const text = `${opening}import { answer } from '../wires/rest/rest.ts'\n\nexport { answer }\n`
  await writeFile(join(folder, 'x.ts'), text)
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', '--colors=off'], {
    cwd: copy,
    encoding: 'utf8',
  })
  await rm(copy, { recursive: true })
  assert.notEqual(status, 0)
  assert.match(stdout + stderr, /wires call the pipeline, the pipeline calls the use-case/)
})
