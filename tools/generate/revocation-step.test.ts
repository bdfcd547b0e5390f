import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { matrixDefects, revocationPage } from './revocation-step.ts'

const sql = (text: string) => [{ path: 'packages/server/src/users/new.sql', text }]
const code = (text: string) => ({ path: 'packages/server/src/users/new.ts', text })
const schema = (text: string) => [{ path: 'packages/server/src/db/schema.sql', text }]

describe('what has no cells is a defect', () => {
  test('nothing, as long as all that is there is claimed', () => {
    assert.deepEqual(matrixDefects([]), [])
  })

  test('a reason that a query writes by itself', () => {
    const known = `-- name: a :one\nselect log_revocation('sub', :id, 'suspended');\n`
    assert.deepEqual(matrixDefects(sql(known)), [])
    const unknown = `${known}\n-- name: b :one\nselect log_revocation('sub', u.id::text, 'deleted') as "id!";\n`
    const [defect = '', ...others] = matrixDefects(sql(unknown))
    assert.match(defect, /b writes the reason deleted/)
    assert.deepEqual(others, [])
  })

  test('a reason that a query takes from a caller who may say anything', () => {
    const query = sql(`-- name: endIt :one\nselect log_revocation('gid', :id, :reason);\n`)
    const free = code(`await endIt(tx, { id, reason: 'whatever' })`)
    assert.match(matrixDefects([...query, free])[0] ?? '', /calls endIt/)
    const typed = code(
      `const reason: RevocationReason = 'revoked'\nawait endIt(tx, { id, reason })`,
    )
    assert.deepEqual(matrixDefects([...query, typed]), [])
    const inserted = sql(
      `-- name: endAll :many\ninsert into revocation_log (reason) select x.reason;\n`,
    )
    assert.match(matrixDefects([...inserted, code('endAll(tx)')])[0] ?? '', /calls endAll/)
  })

  test('a column that holds what is presented', () => {
    const columns = (name: string) =>
      schema(`CREATE TABLE device_codes (\n  id uuid NOT NULL,\n  ${name} bytea NOT NULL\n);\n`)
    assert.deepEqual(matrixDefects(columns('label')), [])
    for (const name of ['code_hash', 'rev', 'wrapped_secret', 'secret', 'token'])
      assert.match(matrixDefects(columns(name))[0] ?? '', new RegExp(`device_codes.${name}`))
  })

  test('a prefix of a thing that nobody claims', () => {
    assert.deepEqual(matrixDefects([code(`const prefix = 'sr1_'`)]), [])
    assert.match(matrixDefects([code(`const prefix = 'sq1_'`)])[0] ?? '', /sq1_/)
  })
})

test('the page says what lives on, and why', () => {
  const page = revocationPage()
  assert.match(page, /\| sign-out everywhere \| dies \| dies \| /)
  assert.match(page, /- everything of another session – lives: it is in another session/)
  assert.match(page, /## Not there yet/)
})
