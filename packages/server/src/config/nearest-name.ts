/** Which known name a mistyped one probably stands for. */

/**
 * The known name with the smallest edit distance, or else one that only goes on or breaks off differently; undefined
 * where none is near enough to be meant.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toUpperCase()
  // One slip in four characters is a typing error; more is another word.
  const slipsMax = Math.max(2, Math.floor((wanted.length - 'SIGNET_'.length) / 4))
  let nearest: { name: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate)
    if (distance > slipsMax && !isBeginning(wanted, candidate)) continue
    if (nearest === undefined || distance < nearest.distance)
      nearest = { name: candidate, distance }
  }
  return nearest?.name
}

/** Whether one name is the beginning of the other, by more than the prefix that they all share. */
function isBeginning(one: string, other: string): boolean {
  const [shorter, longer] = one.length < other.length ? [one, other] : [other, one]
  return shorter.length > 'SIGNET_'.length + 2 && longer.startsWith(shorter)
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  // Names are short; anything longer is not a slip of the fingers and would only cost time.
  if (Math.abs(from.length - to.length) > 16) return Number.POSITIVE_INFINITY
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1)
      row.push(distance)
    }
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}
