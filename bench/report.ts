/** The table at the end of a benchmark: goal, measured, met or not. */

import { type Finding, isMet, type Unit } from './finding.ts'

const decimals: Readonly<Record<Unit, number>> = { x: 2, ms: 1, s: 2, MB: 0, kB: 1, '/s': 0, '': 0 }

const head = ['', 'goal', 'measured', '', 'rounds', 'behind it']

/** The findings as a table of plain text. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map(cellsOf)
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  return [head, ...rows]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** The findings as a table of Markdown. */
export function markdownTable(findings: readonly Finding[]): string[] {
  const rows = [head, head.map(() => '---'), ...findings.map(cellsOf)]
  return rows.map((cells) => `| ${cells.join(' | ')} |`)
}

function cellsOf(finding: Finding): string[] {
  return [
    finding.what,
    goalOf(finding),
    quantity(finding.measured, finding.unit),
    verdict(finding),
    spread(finding),
    finding.detail,
  ]
}

function goalOf({ goal, unit }: Finding): string {
  if (goal === undefined) return '–'
  return 'atLeast' in goal
    ? `≥ ${quantity(goal.atLeast, unit)}`
    : `≤ ${quantity(goal.atMost, unit)}`
}

function verdict(finding: Finding): string {
  const met = isMet(finding)
  if (met === undefined) return ''
  return met ? 'met' : 'NOT MET'
}

function spread({ rounds, unit }: Finding): string {
  if (rounds.length < 2) return ''
  return `${number(Math.min(...rounds), unit)} … ${number(Math.max(...rounds), unit)}`
}

function quantity(value: number, unit: Unit): string {
  return unit === 'x' || unit === '/s' || unit === ''
    ? `${number(value, unit)}${unit}`
    : `${number(value, unit)} ${unit}`
}

function number(value: number, unit: Unit): string {
  return value.toFixed(decimals[unit])
}
