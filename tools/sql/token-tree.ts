/** Tokens nested by their parentheses. */

import type { Token } from './tokens.ts'

export interface Group {
  kind: 'group'
  nodes: Node[]
}

export type Node = Token | Group

/** The tree of a statement. Parentheses that do not match are Postgres' to complain about. */
export function nest(tokens: readonly Token[]): Group {
  const root: Group = { kind: 'group', nodes: [] }
  const open = [root]
  for (const token of tokens) {
    const { nodes } = open.at(-1) as Group
    if (token.text === '(') {
      const group: Group = { kind: 'group', nodes: [] }
      nodes.push(group)
      open.push(group)
    } else if (token.text === ')') {
      if (open.length > 1) open.pop()
    } else {
      nodes.push(token)
    }
  }
  return root
}

/** A group and all groups inside it. */
export function groupsOf(group: Group): Group[] {
  return [group, ...group.nodes.flatMap((node) => (node.kind === 'group' ? groupsOf(node) : []))]
}

/** The unquoted word of a node, in lower case; empty for anything else. */
export function wordOf(node: Node | undefined): string {
  return node?.kind === 'word' ? node.text.toLowerCase() : ''
}

/** The name that a node can be: an unquoted word in lower case, or what stands in double quotes. */
export function nameOf(node: Node | undefined): string {
  if (node?.kind === 'quoted') return node.text.slice(1, -1).replaceAll('""', '"')
  return wordOf(node)
}

/** Every name anywhere in these nodes. */
export function namesIn(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => (node.kind === 'group' ? namesIn(node.nodes) : nameOf(node) || []))
}
