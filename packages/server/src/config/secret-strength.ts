/** Whether a secret could be guessed: known words, repetitions, runs, and too little variety. */

/** Words that stand in examples and templates. Six letters or more: a random secret does not contain them by chance. */
const words = [
  'change',
  'default',
  'development',
  'example',
  'insecure',
  'password',
  'placeholder',
  'replace',
  'secret',
  'signet',
  'testing',
]

/** Fewer estimated bits than this and a secret is refused in production; 32 random hexadecimal digits give about 115. */
const bitsMin = 90

/** Why a secret is weak, as the rest of a sentence that begins with its name; undefined where it is not. */
export function weakness(secret: string): string | undefined {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/gu, '')
  if (words.some((word) => plain.includes(word)))
    return 'contains a word of examples and templates, so it is not random'
  if (estimatedBits(secret) < bitsMin) return 'repeats itself too much to be random'
  return undefined
}

/** An upper estimate of the bits in a text: its variety, or that of the steps between its characters, over its shortest period. */
function estimatedBits(text: string): number {
  const period = text.slice(0, (text + text).indexOf(text, 1))
  const codes = Array.from(period, (character) => character.codePointAt(0) ?? 0)
  const steps = codes.slice(1).map((code, i) => code - (codes[i] ?? 0))
  return Math.min(entropy(codes), entropy(steps)) * codes.length
}

/** Bits per symbol, as Shannon counts them. */
function entropy(symbols: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) {
    const share = count / symbols.length
    bits -= share * Math.log2(share)
  }
  return bits
}
