/** What a soak found, as lines of plain text. */

import { percentile } from '../slices.ts'
import { countOf, type Tally } from './load.ts'
import { backToNormalMaxSeconds, type Phase, recovered, type SoakResult } from './soak.ts'

const sentencesMax = 20

export function linesOf(result: SoakResult): string[] {
  const { capacity, phases, growthPerMinute, backToNormalSeconds, sentences, seconds } = result
  const [steady] = phases
  const more = sentences.length - sentencesMax
  return [
    `it takes ${capacity.toFixed(0)} calls a second, all kinds together`,
    '',
    ...(steady === undefined ? [] : kindLines(steady.tally)),
    '',
    ...phases.flatMap(phaseLines),
    '',
    `resident memory grew by ${growthPerMinute.toFixed(1)} MB a minute while the load was steady`,
    `back to normal ${backToNormalSeconds === undefined ? 'not seen' : `${backToNormalSeconds} s`} after the overload (${backToNormalMaxSeconds} s are promised)`,
    `${sentences.length === 0 && recovered(result) ? 'holds' : 'DOES NOT HOLD'}; ${seconds.toFixed(0)} s`,
    ...sentences.slice(0, sentencesMax).map((sentence) => `    ${sentence}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ]
}

/** The kinds of calls while the load is steady. */
function kindLines({ kinds }: Tally): string[] {
  const rows = [...kinds].map(([name, { verdicts, latenciesMs }]) => [
    name,
    String(verdicts.right),
    String(verdicts.refused),
    String(verdicts.wrong + verdicts.unanswered + verdicts.unsent),
    percentile(latenciesMs, 0.5).toFixed(1),
    percentile(latenciesMs, 0.99).toFixed(1),
  ])
  return aligned([['steady', 'right', 'refused', 'errors', 'p50 ms', 'p99 ms'], ...rows])
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  '),
  )
}

function phaseLines({ name, perSecond, tally, samples, eventLoop, heapMb }: Phase): string[] {
  const sent = countOf(tally, 'right', 'refused', 'wrong', 'unanswered')
  const each = (count: number) => (count / tally.allSeconds).toFixed(0)
  const span = (values: number[]) => `${values[0] ?? 0} … ${Math.max(...values)} … ${values.at(-1)}`
  const took = tally.ends.map(({ tookMs }) => tookMs)
  const collected = [heapMb.before, heapMb.after].filter((mb) => !Number.isNaN(mb))
  return [
    `${name}: ${perSecond.toFixed(0)} calls a second offered, for ${tally.seconds.toFixed(0)} s; ${sent} sent and answered within ${tally.allSeconds.toFixed(0)} s, ${each(sent)} a second`,
    `    ${each(countOf(tally, 'right'))} a second right, ${each(countOf(tally, 'refused'))} refused with Retry-After; ${countOf(tally, 'wrong')} wrong, ${countOf(tally, 'unanswered')} without an answer; p50 ${percentile(took, 0.5).toFixed(0)} ms, p99 ${percentile(took, 0.99).toFixed(0)} ms`,
    `    memory ${span(samples.map((s) => Math.round(s.residentMb)))} MB (first, most, last), files ${span(samples.map((s) => s.handles))}, connections to Postgres ${span(samples.map((s) => s.connections))}`,
    `    event loop p99 ${eventLoop.p99Ms.toFixed(1)} ms, latest ${eventLoop.maxMs.toFixed(0)} ms; heap without garbage ${collected.map((mb) => mb.toFixed(1)).join(' → ')} MB`,
  ]
}
