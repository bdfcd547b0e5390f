/**
 * Interleaved slices: contenders are measured in turn, a few seconds each, for several rounds.
 *
 * A machine that others share changes its speed from minute to minute. Slices of one round meet the same weather, so the
 * ratio within a round means something where absolute figures do not; the median over the rounds drops the odd storm. Every
 * other round runs backwards, so that none always goes first.
 */

/** What one contender did in one slice. */
export interface Slice {
  /** Operations in the time that is counted; where the count begins and ends among them, with parts of them. */
  operations: number
  /** All that were begun, before it and in it. */
  begun: number
  seconds: number
  /** Milliseconds per operation, as its caller saw them. */
  p50Ms: number
  p99Ms: number
  /** Processor seconds of the process under test; undefined where nobody looked. */
  cpuSeconds?: number
}

export interface Contender<Measured extends Slice = Slice> {
  name: string
  run(seconds: number): Promise<Measured>
}

export interface SliceOptions {
  rounds: number
  secondsPerSlice: number
  /** Of each contender before the first round, 0 for none; as long as a slice unless told. */
  warmUpSeconds?: number
  progress(message: string): void
}

/** A slice of operations that took so many milliseconds; so many more ended before or after the time that is counted. */
export function sliceOf(
  latenciesMs: readonly number[],
  { seconds, uncounted }: { seconds: number; uncounted: number },
): Slice {
  return {
    operations: latenciesMs.length,
    begun: latenciesMs.length + uncounted,
    seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}

/** The slices of each contender, by name, in the order of the rounds. What they do to warm up before is not counted. */
export async function interleave<Measured extends Slice>(
  contenders: readonly Contender<Measured>[],
  { rounds, secondsPerSlice, warmUpSeconds = secondsPerSlice, progress }: SliceOptions,
): Promise<Map<string, Measured[]>> {
  const series = new Map(contenders.map(({ name }) => [name, [] as Measured[]]))
  if (warmUpSeconds > 0) for (const contender of contenders) await contender.run(warmUpSeconds)
  for (let round = 0; round < rounds; round += 1) {
    const inTurn = round % 2 === 0 ? contenders : contenders.toReversed()
    for (const contender of inTurn) {
      const slice = await contender.run(secondsPerSlice)
      series.get(contender.name)?.push(slice)
      progress(`round ${round + 1}/${rounds}  ${contender.name}  ${Math.round(rate(slice))}/s`)
    }
  }
  return series
}

/** Operations per second. */
export function rate({ operations, seconds }: Slice): number {
  return operations / seconds
}

/** Operations per processor second of the process under test, which worked for those that are not counted, too. */
export function ratePerCpu({ begun, cpuSeconds }: Slice): number {
  return begun / (cpuSeconds ?? Number.NaN)
}

/** For each round, `measure` of the subject divided by that of the limit. */
export function ratios<Measured extends Slice>(
  subject: readonly Measured[],
  limit: readonly Measured[],
  measure: (slice: Measured) => number = rate,
): number[] {
  return subject.map((slice, round) => {
    const other = limit[round]
    return other === undefined ? Number.NaN : measure(slice) / measure(other)
  })
}

/** The middle value; between the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** The value below which `share` of the values lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
