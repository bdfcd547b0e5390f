/** Where one address leaves another, by character: for whoever looks for a slash, a port or a letter. */

/** A run of characters, and whether the other address has them in this place. */
export interface Piece {
  text: string
  differs: boolean
}

export interface Difference {
  received: Piece[]
  registered: Piece[]
  /** In words, from the first character on. */
  sentences: string[]
}

/** One place: what stands there in each of both; either may be empty. */
interface Place {
  at: number
  received: string
  registered: string
}

/** More than this is compared by its beginning and its end alone: the work grows with the square, and anybody can ask for it. */
const comparedMax = 120
/** Fewer characters in common between two differences are a coincidence. */
const commonMin = 3

/** Of the registered addresses the one whose beginning and end have most in common with what was received; undefined where there is none. */
export function closestTo(received: string, registered: readonly string[]): string | undefined {
  const differing = (each: string) => {
    const middle = middleOf(received, each)
    return Math.max(middle.received.length, middle.registered.length)
  }
  return registered.toSorted((a, b) => differing(a) - differing(b))[0]
}

/** How they differ. */
export function differenceOf(received: string, registered: string): Difference {
  const places = placesOf(received, registered)
  return {
    received: piecesOf(received, places, 'received'),
    registered: piecesOf(registered, places, 'registered'),
    sentences: places.map(sentenceOf),
  }
}

function sentenceOf({ at, received, registered }: Place): string {
  const where = `at character ${at + 1}`
  if (received === '') return `${where} “${registered}” is missing`
  if (registered === '') return `${where} “${received}” is too much`
  return `${where} it is “${received}” instead of “${registered}”`
}

function piecesOf(text: string, places: readonly Place[], of: 'received' | 'registered'): Piece[] {
  const pieces: Piece[] = []
  let rest = text
  let shift = 0
  let seen = 0
  for (const place of places) {
    const start = place.at + shift - seen
    pieces.push({ text: rest.slice(0, start), differs: false })
    pieces.push({ text: place[of], differs: true })
    rest = rest.slice(start + place[of].length)
    seen += start + place[of].length
    if (of === 'registered') shift += place.registered.length - place.received.length
  }
  pieces.push({ text: rest, differs: false })
  return pieces.filter((piece) => piece.text !== '')
}

/** Where they differ, by positions in what was received, in order. */
function placesOf(received: string, registered: string): Place[] {
  const middle = middleOf(received, registered)
  if (middle.received === '' && middle.registered === '') return []
  if (Math.max(middle.received.length, middle.registered.length) > comparedMax) return [middle]
  return joined(placesWithin(middle))
}

/** What is left without the common beginning and the common end. */
function middleOf(received: string, registered: string): Place {
  const start = commonLength(received, registered)
  const [a, b] = [received.slice(start), registered.slice(start)]
  const end = commonLength(reversed(a), reversed(b))
  return { at: start, received: a.slice(0, a.length - end), registered: b.slice(0, b.length - end) }
}

/** The longest common subsequence leaves these places. */
function placesWithin({ at, received: a, registered: b }: Place): Place[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  const of = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (const [i, row] of [...lengths.entries()].reverse().slice(1))
    for (let j = b.length - 1; j >= 0; j -= 1)
      row[j] = a[i] === b[j] ? of(i + 1, j + 1) + 1 : Math.max(of(i + 1, j), of(i, j + 1))
  const places: Place[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [fromA, fromB] = [i, j]
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j]))
      if (i < a.length && (j === b.length || of(i + 1, j) >= of(i, j + 1))) i += 1
      else j += 1
    if (i > fromA || j > fromB)
      places.push({ at: at + fromA, received: a.slice(fromA, i), registered: b.slice(fromB, j) })
    while (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1]
  }
  return withCommon(places, a, at)
}

/** The places, each with what follows it in common, where that is too short to mean anything. */
function withCommon(places: readonly Place[], a: string, at: number): Place[] {
  return places.map((place, index) => {
    const next = places[index + 1]
    if (next === undefined) return place
    const common = a.slice(place.at - at + place.received.length, next.at - at)
    if (common.length >= commonMin) return place
    return { ...place, received: place.received + common, registered: place.registered + common }
  })
}

/** Places that touch are one. */
function joined(places: readonly Place[]): Place[] {
  const whole: Place[] = []
  for (const place of places) {
    const last = whole.at(-1)
    if (last === undefined || last.at + last.received.length < place.at) whole.push({ ...place })
    else {
      last.received += place.received
      last.registered += place.registered
    }
  }
  return whole
}

function commonLength(a: string, b: string): number {
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1
  return same
}

function reversed(text: string): string {
  return [...text.split('')].reverse().join('')
}
