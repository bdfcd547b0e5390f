/**
 * Which tables of a statement can yield rows of nulls, because an outer join did not find a partner for them.
 *
 * Postgres tells from which table a column comes, through subqueries and common table expressions alike, but not
 * whether an outer join stands in between. So every table that is named, at whatever depth, in the nullable operand
 * of any outer join counts as nullable throughout the statement. That can only err towards nullable, which an
 * `as "name!"` in the query corrects. Columns of a union, aggregates and other expressions come from no table.
 */

import { type Group, groupsOf, type Node, namesIn, nest, wordOf } from './token-tree.ts'
import type { Token } from './tokens.ts'

/** `everything` where the statement is beyond this analysis, or nulls come from elsewhere. */
export type NullableTables = ReadonlySet<string> | 'everything'

type Side = 'inner' | 'left' | 'right' | 'full'

const outerSides = new Set(['left', 'right', 'full'])
const queryStarts = new Set(['select', 'with', 'values', 'table', 'insert', 'update', 'delete'])
const fromStarts = new Set(['from', 'using'])
const notAnAlias = new Set([
  ...[
    'join',
    'inner',
    'cross',
    'natural',
    'on',
    'using',
    'where',
    'group',
    'having',
    'window',
    'order',
  ],
  ...[
    'limit',
    'offset',
    'fetch',
    'for',
    'union',
    'intersect',
    'except',
    'returning',
    'set',
    'tablesample',
  ],
])

/** The names of nullable tables and common table expressions, those inside of the latter included. */
export function nullableTables(tokens: readonly Token[]): NullableTables {
  const root = nest(tokens)
  const groups = groupsOf(root)
  const words = tokens.map(wordOf)
  const groupedBySets = words.some(
    (word, i) =>
      word === 'rollup' || word === 'cube' || (word === 'grouping' && words[i + 1] === 'sets'),
  )
  if (groupedBySets) return 'everything'

  const expressions = commonTableExpressions(groups)
  const found: Node[] = []
  let joinsRead = 0
  for (const { nodes } of groups) {
    const reader = new FromReader(nodes, found)
    reader.readAll()
    joinsRead += reader.outerJoins
  }
  // Two ways of counting: where they differ, a join was not understood.
  const joinsWritten = groups.reduce((sum, { nodes }) => sum + outerJoinsIn(nodes), 0)
  return joinsRead === joinsWritten ? reachable(namesIn(found), expressions) : 'everything'
}

/** The names, and what the common table expressions among them name in turn. */
function reachable(names: string[], expressions: Map<string, string[]>): Set<string> {
  const reached = new Set<string>()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    waiting.push(...(expressions.get(name) ?? []))
  }
  return reached
}

/** Each `name [(columns)] as [[not] materialized] (query)`, with all names inside it. */
function commonTableExpressions(groups: Group[]): Map<string, string[]> {
  const expressions = new Map<string, string[]>()
  for (const { nodes } of groups) {
    for (const [i, node] of nodes.entries()) {
      if (node.kind !== 'group' || !queryStarts.has(wordOf(node.nodes[0]))) continue
      let at = i - 1
      while (['not', 'materialized'].includes(wordOf(nodes[at]))) at--
      if (wordOf(nodes[at]) !== 'as') continue
      at--
      if (nodes[at]?.kind === 'group') at--
      const [name] = namesIn(nodes.slice(at, at + 1))
      if (name !== undefined)
        expressions.set(name, [...(expressions.get(name) ?? []), ...namesIn(node.nodes)])
    }
  }
  return expressions
}

function outerJoinsIn(nodes: readonly Node[]): number {
  return nodes.filter((_, i) => isOuterJoin(nodes, i)).length
}

// `left` and `right` are functions too: only what follows tells.
function isOuterJoin(nodes: readonly Node[], i: number): boolean {
  return outerSides.has(wordOf(nodes[i])) && ['join', 'outer'].includes(wordOf(nodes[i + 1]))
}

/**
 * Reads the FROM lists of one level of parentheses, and collects the nullable operands of outer joins.
 *
 * It follows the grammar: `a left join b join c on … on …` joins b and c first.
 */
class FromReader {
  outerJoins = 0
  private at = 0
  private readonly nodes: readonly Node[]
  private readonly found: Node[]

  constructor(nodes: readonly Node[], found: Node[]) {
    this.nodes = nodes
    this.found = found
  }

  readAll(): void {
    // A parenthesised join, `(b left join c on …)`, has no FROM of its own.
    if (!queryStarts.has(wordOf(this.nodes[0])) && outerJoinsIn(this.nodes) > 0) this.readTable()
    for (; this.at < this.nodes.length; this.at++) {
      const word = wordOf(this.nodes[this.at])
      const comparison = word === 'from' && wordOf(this.nodes[this.at - 1]) === 'distinct'
      if (!fromStarts.has(word) || comparison) continue
      do {
        this.at++
        this.readTable()
      } while (this.isSymbol(','))
      this.at--
    }
  }

  /** One item of the list with its joins: all nodes that name tables in it. */
  private readTable(): Node[] {
    let left = this.readPrimary()
    for (let join = this.readJoin(); join !== undefined; join = this.readJoin()) {
      const right = join.conditional ? this.readTable() : this.readPrimary()
      if (join.conditional) this.skipCondition()
      if (join.side === 'left' || join.side === 'full') this.found.push(...right)
      if (join.side === 'right' || join.side === 'full') this.found.push(...left)
      left = [...left, ...right]
    }
    return left
  }

  private readJoin(): { side: Side; conditional: boolean } | undefined {
    const start = this.at
    let side: Side = 'inner'
    let conditional = true
    if (this.skipWord('natural') || this.skipWord('cross')) conditional = false
    if (isOuterJoin(this.nodes, this.at)) {
      side = wordOf(this.nodes[this.at]) as Side
      this.outerJoins++
      this.at++
      this.skipWord('outer')
    } else {
      this.skipWord('inner')
    }
    if (this.skipWord('join')) return { side, conditional }
    this.at = start
    return undefined
  }

  /** A table, function or subquery with its alias. */
  private readPrimary(): Node[] {
    while (this.skipWord('only') || this.skipWord('lateral'));
    const start = this.at
    this.at++
    while (this.isSymbol('.')) this.at += 2
    const read = this.nodes.slice(start, this.at)
    if (this.isGroup()) this.at++
    if (this.isSymbol('*')) this.at++
    if (this.skipWord('with')) this.skipWord('ordinality')
    this.skipAlias()
    if (this.skipWord('tablesample')) this.at += 2
    if (this.skipWord('repeatable')) this.at++
    return read
  }

  private skipAlias(): void {
    const explicit = this.skipWord('as')
    const node = this.nodes[this.at]
    const isName = node?.kind === 'quoted' || (node?.kind === 'word' && !this.endsPrimary())
    if (!explicit && !isName) return
    this.at++
    if (this.isGroup()) this.at++
  }

  private endsPrimary(): boolean {
    return notAnAlias.has(wordOf(this.nodes[this.at])) || isOuterJoin(this.nodes, this.at)
  }

  private skipCondition(): void {
    if (this.skipWord('using')) {
      this.at++
      if (this.skipWord('as')) this.at++
      return
    }
    if (!this.skipWord('on')) return
    while (this.at < this.nodes.length && !this.isSymbol(',') && !this.endsPrimary()) this.at++
  }

  private skipWord(word: string): boolean {
    const skipped = wordOf(this.nodes[this.at]) === word
    if (skipped) this.at++
    return skipped
  }

  private isSymbol(text: string): boolean {
    const node = this.nodes[this.at]
    return node?.kind === 'symbol' && node.text === text
  }

  private isGroup(): boolean {
    return this.nodes[this.at]?.kind === 'group'
  }
}
