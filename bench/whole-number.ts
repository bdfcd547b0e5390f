/** A whole number from the command line; undefined where it was left out. Throws the sentence that refuses it. */

export function wholeNumber(
  option: string,
  text: string | undefined,
  { least, most }: { least: number; most: number },
): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new Error(`${option} takes ${least} to ${most}.`)
}
