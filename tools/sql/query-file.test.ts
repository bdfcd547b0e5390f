import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQueryFile, type SourceQuery } from './query-file.ts'
import { tokenize } from './tokens.ts'

function parseOne(sql: string): SourceQuery {
  const { queries, problems } = parseQueryFile('x/x.sql', `-- name: q :many\n${sql}`)
  assert.deepEqual(problems, [])
  assert.equal(queries.length, 1)
  return queries[0] as SourceQuery
}

function messages(source: string, path = 'x/x.sql'): string[] {
  return parseQueryFile(path, source).problems.map(({ line, message }) => `${line}: ${message}`)
}

describe('parameters', () => {
  it('are numbered by their first place, once for each name', () => {
    const { text, parameters } = parseOne('select :b::int + :a::int + :b::int + :c?::int;')
    assert.equal(text, 'select $1::int + $2::int + $1::int + $3::int')
    assert.deepEqual(parameters, [
      { name: 'b', nullable: false },
      { name: 'a', nullable: false },
      { name: 'c', nullable: true },
    ])
  })

  it('are left alone in strings, quoted names, casts, comments and slices', () => {
    const untouched = [
      `select ':a'`,
      `select 'it''s :a'`,
      String.raw`select e'\':a', E'\\'`,
      `select u&':a', b'0', x':a'`,
      `select ":a", "say "":a"""`,
      'select $$ :a $$, $tag$ $$ :a $tag$',
      'select x::text::uuid[]',
      'select (list)[1:n], list[m:n], list[f(1):n], list[(1):n]',
      'select make_interval(days := 1)',
    ]
    for (const sql of untouched) {
      const { text, parameters } = parseOne(sql)
      assert.equal(text, sql)
      assert.deepEqual(parameters, [], sql)
    }
    assert.deepEqual(parseOne('select 1 -- :a\n, /* :b /* :c */ :d */ 2').parameters, [])
    assert.deepEqual(
      parseOne('select array[:a, :b], list[:c], list[:d:2]').parameters.map(({ name }) => name),
      ['a', 'b', 'c', 'd'],
    )
  })

  it('may stand beside JSON operators and casts', () => {
    const { text } = parseOne(`select d ? :key, d ?| :keys::text[], d->>:path, :x?::jsonb ? 'a'`)
    assert.equal(text, `select d ? $1, d ?| $2::text[], d->>$3, $4::jsonb ? 'a'`)
  })

  it('are refused where they are half nullable, positional or not in camelCase', () => {
    assert.deepEqual(
      messages('-- name: a :one\nselect :x?::int,\n  :x, $1, :2, :snake_case, :Upper'),
      [
        '3: :x is nullable in one place and not in another; write :x? in all',
        '3: $1 is not a parameter here; parameters are written :name or :name?',
        '3: :2 is not a parameter here; parameters are written :name or :name?',
        '3: :snake_case is not in camelCase, as parameters are',
        '3: :Upper is not in camelCase, as parameters are',
      ],
    )
  })
})

describe('files', () => {
  it('may open with a comment, and hold several queries with documentation', () => {
    const source = `-- What users are.
-- name: findUser :maybe
-- The user, if any.
-- Deleted ones too.
select id from users -- the table
 where id = :id;

-- name: deleteUser :exec
delete from users where note = '-- name: notAQuery :one' and id = :id
`
    const { queries, problems } = parseQueryFile('users/users.sql', source)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      queries.map(({ statementName, kind, documentation, line }) => {
        return { statementName, kind, documentation, line }
      }),
      [
        {
          statementName: 'users.findUser',
          kind: 'maybe',
          documentation: 'The user, if any. Deleted ones too.',
          line: 2,
        },
        { statementName: 'users.deleteUser', kind: 'exec', documentation: '', line: 8 },
      ],
    )
    assert.equal(queries[0]?.text, 'select id from users\n where id = $1')
  })

  it('name statements by their path', () => {
    const name = (path: string) =>
      parseQueryFile(path, '-- name: q :one\nselect 1').queries[0]?.statementName
    assert.equal(name('users/users.sql'), 'users.q')
    assert.equal(name('users/tokens.sql'), 'users.tokens.q')
    assert.equal(name('oauth/grants/grants.sql'), 'oauth.grants.q')
  })

  it('tell each problem of form with its line', () => {
    assert.deepEqual(messages('select 1;\n-- name: a :one\nselect 1'), [
      '1: this stands before the first `-- name: … :kind` line and belongs to no query',
    ])
    assert.deepEqual(messages('-- name: a :some\nselect 1'), [
      '1: `-- name: a :some` is not of the form `-- name: findUserById :one|:maybe|:many|:exec`',
    ])
    assert.deepEqual(messages('\n-- name: a :one\n-- Nothing.\n;'), [])
    assert.deepEqual(messages('\n-- name: a :one\n-- Nothing.\n'), [
      '2: there is no SQL under this name',
    ])
    assert.deepEqual(messages('-- name: a :one\nselect 1;\nselect 2'), [
      '3: one name, one statement: this follows the semicolon',
    ])
    assert.deepEqual(messages(`-- name: ${'a'.repeat(62)} :one\nselect 1`), [
      `1: the statement name x.${'a'.repeat(62)} is longer than 63 bytes`,
    ])
  })

  it('map the offsets of the statement to their own lines', () => {
    const source = '-- name: a :one\nselect :parameter::int,\n/* two\nlines */ broken\nfrom users'
    const [query] = parseQueryFile('x/x.sql', source).queries
    assert.equal(query?.lineOf(query.text.indexOf('broken')), 4)
    assert.equal(query?.lineOf(query.text.indexOf('users')), 5)
  })
})

describe('tokens', () => {
  it('cover every character exactly once, whatever the text', () => {
    const texts = [
      `select 'unended`,
      'select "unended',
      'select $x$ unended',
      '/* unended /* */',
      'e\\ \u00e9t\u00e9 \ud83d\ude00 :\u00e9t\u00e9 ::: :? ;; $ $$ 1e5 .5',
    ]
    for (const text of texts) {
      assert.equal(
        tokenize(text)
          .map((token) => token.text)
          .join(''),
        text,
      )
    }
  })
})
