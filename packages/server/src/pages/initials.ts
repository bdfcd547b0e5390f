/** What stands in the place of a picture, of a person or of an app. */

/** The first letters of the first two words. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []
  const letters = words.slice(0, 2).map((word) => /^.\p{M}*/u.exec(word)?.[0] ?? '')
  return letters.join('').toUpperCase()
}
