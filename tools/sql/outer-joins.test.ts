import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nullableTables } from './outer-joins.ts'
import { isCode, tokenize } from './tokens.ts'

function nullableIn(sql: string, tables = ['a', 'b', 'c', 'd']): string[] | 'everything' {
  const found = nullableTables(tokenize(sql).filter(isCode))
  return found === 'everything' ? found : tables.filter((table) => found.has(table))
}

describe('nullable tables', () => {
  const cases: [sql: string, nullable: string[] | 'everything'][] = [
    ['select 1 from a, b join c on a.x = c.x cross join d', []],
    ['select 1 from a left join b on true', ['b']],
    ['select 1 from a LEFT OUTER JOIN public.b AS x ON true', ['b']],
    ['select 1 from a left join "b" using (id) as j', ['b']],
    ['select 1 from a right join b on true', ['a']],
    ['select 1 from a full outer join b on true', ['a', 'b']],
    ['select 1 from a natural left join b', ['b']],
    ['select 1 from a join b on true right join c on true', ['a', 'b']],
    ['select 1 from d, a join b on true right join c on true', ['a', 'b']],
    ['select 1 from a left join b on true join c on true', ['b']],
    // Without parentheses the inner join comes first.
    ['select 1 from a left join b join c on true on true join d on true', ['b', 'c']],
    ['select 1 from a left join (b join c on true) on true', ['b', 'c']],
    ['select 1 from a join (b left join c on true) on true', ['c']],
    ['select 1 from (a left join b on true) join c on true', ['b']],
    ['select 1 from a left join lateral (select 1 from b, c) x (y, z) on true', ['b', 'c']],
    ['select 1 from a left join lateral unnest(a.list) with ordinality as u (v, n) on true', []],
    ['select 1 from a left join b tablesample system (10) repeatable (1) on true', ['b']],
    ['select 1 from a left join only b * as x on true left join c on true', ['b', 'c']],
    // A condition may hold functions named left and right, CASE, subqueries and IS DISTINCT FROM.
    [
      `select left(a.x, 1), right(a.x, 2) from a join b on left(a.x, 1) = right(b.x, 2)
        and a.x is distinct from b.x and case when a.x then b.x else exists (select 1 from c) end
        left join d on true`,
      ['d'],
    ],
    ['select 1 from a where x in (select 1 from b left join c on true)', ['c']],
    ['select (select 1 from b right join c on true) from a', ['b']],
    ['update a set x = b.x from b left join c on true where a.id = b.id returning a.id', ['c']],
    ['delete from a using b left join c on true where a.id = b.id', ['c']],
    ['insert into a select 1 from b left join c on true on conflict do nothing', ['c']],
    // Through common table expressions, however deep, and wherever the join stands.
    ['with x as (select 1 from b) select 1 from a left join x on true', ['b']],
    [
      `with x (p, q) as not materialized (select 1 from b), y as (select 1 from x, c)
       select 1 from a left join y on true`,
      ['b', 'c'],
    ],
    ['with x as (select 1 from a left join b on true) select 1 from x', ['b']],
    ['with x as (update b set y = 1 returning id) select 1 from a left join x on true', ['b']],
    [
      'with recursive x as (select 1 from b union all select 1 from x) select 1 from a full join x on true',
      ['a', 'b'],
    ],
    // Grouping sets make nulls of their own.
    ['select 1 from a group by rollup (x)', 'everything'],
    ['select 1 from a group by grouping sets ((x), ())', 'everything'],
    // Not understood: when unsure, nullable.
    ['select 1 from a join b on x within group left join c on true', 'everything'],
  ]
  for (const [sql, expected] of cases)
    it(sql.replaceAll(/\s+/g, ' '), () => assert.deepEqual(nullableIn(sql), expected))
})
