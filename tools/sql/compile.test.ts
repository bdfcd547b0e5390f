import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  createTestDatabase,
  type TestDatabase,
} from '../../packages/server/src/testing/database.ts'
import { allowedValues } from './catalog-facts.ts'
import { compileQueries } from './compile.ts'
import { describeProblem } from './problem.ts'

const schema = `
  create table parents (
    id      uuid primary key,
    status  text not null check (status in ('active', 'it''s over')),
    size    int8 not null,
    note    text,
    details jsonb not null default '{}',
    list    jsonb[] not null default '{}',
    born_at timestamptz not null default now()
  );
  create table children (
    id        uuid primary key,
    parent_id uuid not null references parents,
    name      text not null
  )`

describe('compile', () => {
  let database: TestDatabase
  let root: string

  before(async () => {
    database = await createTestDatabase({ empty: true })
    for (const text of schema.split(';'))
      await database.db.query({ name: '', text, values: [], rowMode: 'array' })
  })
  after(() => database.drop())

  beforeEach((t) => {
    root = mkdtempSync(join(tmpdir(), 'signet-sql-'))
    write('db/query.ts', `export * from '${runtime}'\n`)
    if ('after' in t) t.after(() => rmSync(root, { recursive: true, force: true }))
  })

  const runtime = pathToFileURL(
    join(import.meta.dirname, '../../packages/server/src/db/query.ts'),
  ).href

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }

  const read = (path: string): string => readFileSync(join(root, path), 'utf8')

  const compile = (check = false) => compileQueries({ root, address: database.address, check })

  async function problemsOf(sql: string): Promise<string[]> {
    write('x/x.sql', sql)
    return (await compile()).problems.map(describeProblem)
  }

  /** The type of the rows of one query, as generated. */
  async function rowOf(sql: string): Promise<string> {
    write('x/x.sql', `-- name: q :many\n${sql}`)
    const { problems } = await compile()
    assert.deepEqual(problems, [])
    const generated = read('x/x.sql.ts')
    const types = generated.slice(generated.indexOf('many<'), generated.indexOf('>({'))
    return types
      .replaceAll(/\s*\n\s*/g, '; ')
      .replace(/^.*?\{;? ?/, '')
      .replace(/;? \}.*$/, '')
  }

  describe('refuses', () => {
    it('a column that does not exist, where it stands, with the words of Postgres', async () => {
      const sql =
        '-- A comment.\n\n-- name: q :many\n-- Doc.\nselect id,\n  -- why\n  nmae\n  from parents'
      assert.deepEqual(await problemsOf(sql), [
        'x/x.sql:7: q: column "nmae" does not exist. Perhaps you meant to reference the column "parents.note".',
      ])
    })

    it('a parameter of the wrong type, and one of no type', async () => {
      assert.deepEqual(
        await problemsOf('-- name: q :many\nselect id from parents where id = :id::int'),
        [
          'x/x.sql:2: q: operator does not exist: uuid = integer. No operator matches the given name and argument types. You might need to add explicit type casts.',
        ],
      )
      assert.deepEqual(
        await problemsOf('-- name: q :many\nselect id from parents where :flag is null'),
        [
          'x/x.sql:2: q: could not determine data type of parameter $1 (:flag; write its type, for example :flag::text)',
        ],
      )
    })

    it('a type without a counterpart in TypeScript', async () => {
      const [column, parameter] = await problemsOf(
        '-- name: q :many\nselect now()::timestamp as t from parents where :p::point is not null',
      )
      assert.match(column ?? '', /q: column t: values of type timestamp without time zone have no/)
      assert.match(parameter ?? '', /q: parameter :p: values of type point have no/)
    })

    it('a kind that does not fit', async () => {
      const sql = [
        '-- name: a :exec\nselect id from parents;',
        '-- name: b :one\ndelete from children;',
        "-- name: c :exec\nselect pg_notify('a', 'b');",
      ].join('\n')
      assert.deepEqual(await problemsOf(sql), [
        'x/x.sql:1: a: yields rows, which :exec drops; say :one, :maybe or :many, or return nothing',
        'x/x.sql:3: b: yields no columns, so it cannot be :one; say :exec, or return something',
      ])
    })

    it('a star, a column without a name, and two of one name', async () => {
      const star = 'lists its columns with *; name them, because a later version may add some'
      for (const sql of [
        'select * from children',
        'select c.id, c.* from children c',
        'delete from children returning *',
        'select distinct * from (select id from children) x',
      ])
        assert.ok(
          (await problemsOf(`-- name: q :many\n${sql}`)).includes(`x/x.sql:1: q: ${star}`),
          sql,
        )
      for (const sql of [
        'select count(*) as n, 2 * 3 as six, sum(size * 2) as s from parents',
        'with x as (delete from children returning *) select id from x where exists (select * from x)',
      ])
        assert.deepEqual(await problemsOf(`-- name: q :many\n${sql}`), [], sql)
      assert.deepEqual(
        await problemsOf('-- name: q :many\nselect 1, id, parent_id as id from children'),
        [
          'x/x.sql:1: q: has two columns named id',
          'x/x.sql:1: q: column 1 has no name; give it one with `as`',
        ],
      )
    })

    it('one name twice, in a file and across files', async () => {
      write('a/b/b.sql', '-- name: q :one\nselect 1 as n')
      write('a/b.sql', '-- name: q :one\nselect 1 as n\n;\n-- name: q :one\nselect 2 as n')
      assert.deepEqual((await compile()).problems.map(describeProblem), [
        'a/b.sql:4: q: the name a.b.q is taken by a/b.sql:1',
        'a/b/b.sql:1: q: the name a.b.q is taken by a/b.sql:1',
      ])
    })

    it('everything at once, and leaves the module of the file as it was', async () => {
      write('a/a.sql', '-- name: q :one\nselect 1 as n')
      write('b/b.sql', '-- name: q :one\nselect 1 as n')
      await compile()
      write('a/a.sql', '-- name: q :one\nselect 2 as n')
      write('b/b.sql', '-- name: q :one\nselect nothing\n;\n-- name: r :one\nselect $1')
      const { problems, changed } = await compile()
      assert.equal(problems.length, 3)
      assert.deepEqual(changed, ['a/a.sql.ts'])
      assert.match(read('b/b.sql.ts'), /select 1 as n/)
    })
  })

  describe('nullability', () => {
    it('follows the catalog, and checks become unions', async () => {
      assert.equal(
        await rowOf('select id, status, note, born_at from parents'),
        String.raw`id: string; status: 'active' | 'it\'s over'; note: string | null; born_at: Date`.replace(
          'born_at',
          'bornAt',
        ),
      )
    })

    it('is given to every column of an outer-joined table', async () => {
      assert.equal(
        await rowOf(
          'select p.id, c.id as child_id, c.name from parents p left join children c on c.parent_id = p.id',
        ),
        'id: string; childId: string | null; name: string | null',
      )
      assert.equal(
        await rowOf(
          `with named as (select parent_id, name from children)
           select p.id, n.name from parents p
             left join lateral (select name from named where parent_id = p.id limit 1) n on true`,
        ),
        'id: string; name: string | null',
      )
    })

    it('is given to expressions, and comes through subqueries, CTEs and RETURNING', async () => {
      assert.equal(
        await rowOf(
          `with up as (update parents set note = note returning id, size)
           select x.id, x.size, x.size + 1 as more, count(*) as n
             from (select id, size from up) x group by 1, 2`,
        ),
        'id: string; size: bigint; more: bigint | null; n: bigint | null',
      )
      assert.equal(await rowOf('select id from parents union select null'), 'id: string | null')
      assert.equal(await rowOf('select id from parents group by rollup (id)'), 'id: string | null')
    })

    it('can be overridden both ways', async () => {
      assert.equal(
        await rowOf(
          'select count(*) as "total!", max(note) as "latest_note?", id as "id?" from parents group by id',
        ),
        'total: bigint; latestNote: string | null; id: string | null',
      )
    })
  })

  it('round-trips JSON, arrays, 64-bit integers, bytes and instants', async () => {
    write(
      'x/x.sql',
      `-- name: insertParent :one
       insert into parents (id, status, size, details, list, born_at)
       values (:id, 'active', :size, :details, :list, :bornAt)
       returning size, details, list, born_at, :bytes::bytea as "bytes!", :sizes::int8[] as "sizes!",
         :texts::text[] as "texts!", :ids::uuid[] as "ids!", :optional?::jsonb as optional`,
    )
    assert.deepEqual((await compile()).problems, [])
    const { insertParent } = await import(pathToFileURL(join(root, 'x/x.sql.ts')).href)
    const values = {
      size: 9_223_372_036_854_775_807n,
      details: ['a', { b: [1, null, 'x"\\\' {},'] }, []],
      list: [{ a: ['{"'] }, ['b', 1], 'text', 3, true],
      bornAt: new Date('2026-02-28T23:59:59.123Z'),
      bytes: Buffer.from([0, 255, 39, 92]),
      sizes: [-1n, 0n, 9_007_199_254_740_993n],
      texts: ['', 'NULL', 'a,b', '{"x"}', 'back\\slash', 'é'],
      ids: ['018f4f5e-0000-7000-8000-000000000001'],
    }
    const id = '018f4f5e-0000-7000-8000-000000000002'
    const row = await insertParent(database.db, { id, ...values, optional: null })
    assert.deepEqual(row, { ...values, optional: null })
    const generated = read('x/x.sql.ts')
    assert.match(generated, /details: NonNullable<Json>\n/)
    assert.match(generated, /optional: NonNullable<Json> \| null\n/)
    assert.match(generated, /list: readonly Json\[\]\n/)
  })

  it('writes once, checks without writing, and removes what lost its source', async () => {
    // What would end a comment, or a template literal, in the module.
    const literal = `\\\\\`$${'{x}'}`
    write(
      'users/users.sql',
      `-- name: q :one\n-- Ends */ and ${literal}.\nselect e'${literal}' as n`,
    )
    write('db/migrations/0001-x.sql', 'not read')
    write('db/schema.sql', 'not read')
    write('gone/gone.sql.ts', 'left over')
    const changed = ['gone/gone.sql.ts', 'users/users.sql.ts']
    assert.deepEqual((await compile(true)).changed, changed)
    assert.equal(read('gone/gone.sql.ts'), 'left over')
    assert.deepEqual((await compile()).changed, changed)
    assert.deepEqual((await compile(true)).changed, [])
    assert.throws(() => read('gone/gone.sql.ts'), { code: 'ENOENT' })
    const { q } = await import(pathToFileURL(join(root, 'users/users.sql.ts')).href)
    assert.deepEqual(await q(database.db), { n: literal.slice(1) })
  })
})

describe('allowed values', () => {
  it('are read from a list of texts and from nothing else', () => {
    const list = (inner: string) => `CHECK ((kind = ANY (ARRAY[${inner}])))`
    assert.deepEqual(allowedValues(list("'a'::text, 'it''s, b'::text")), ['a', "it's, b"])
    assert.equal(allowedValues(list("'a'::text, lower('B'::text)")), undefined)
    assert.equal(allowedValues(list('1, 2')), undefined)
    assert.equal(allowedValues("CHECK ((kind <> ALL (ARRAY['a'::text])))"), undefined)
    assert.equal(allowedValues("CHECK (((kind = ANY (ARRAY['a'::text])) OR b))"), undefined)
  })
})
