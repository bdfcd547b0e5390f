/**
 * The kinds of values that a variable can have: each a parser from text to a typed value, with the form that the
 * reference prints. A refusal says what is wrong and what to write instead.
 */

/** What a parser makes of a text: the value, or why it is none and what to do. */
export type Parsed<T> = { value: T } | { wrong: string; fix: string }

/** From the text of a variable to its value. */
export interface Kind<T> {
  /** What it looks like, as the reference prints it. */
  form: string
  parse(text: string): Parsed<T>
}

/** A kind from its form and its parser. */
export function kind<T>(form: string, parse: (text: string) => Parsed<T>): Kind<T> {
  return { form, parse }
}

/** A whole number between two bounds, both allowed. */
export function whole(min: number, max: number): Kind<number> {
  return kind(`a whole number from ${min} to ${max}`, (text) => {
    const fix = `give a whole number from ${min} to ${max}, in digits`
    if (!/^\d{1,15}$/u.test(text)) return { wrong: 'is not a whole number', fix }
    const value = Number(text)
    if (value < min) return { wrong: `is below the minimum of ${min}`, fix }
    if (value > max) return { wrong: `is above the maximum of ${max}`, fix }
    return { value }
  })
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  const form = words.map((word) => `\`${word}\``).join(' or ')
  return kind(form, (text) => {
    const value = words.find((word) => word === text)
    if (value !== undefined) return { value }
    return { wrong: `is not one of: ${words.join(', ')}`, fix: `write ${words.join(' or ')}` }
  })
}

/** A switch. */
export const onOff: Kind<boolean> = kind('`on` or `off`', (text) => {
  if (text === 'on') return { value: true }
  if (text === 'off') return { value: false }
  return { wrong: 'is neither on nor off', fix: 'write on or off' }
})

/** Whether a text is rather what stands in a file, such as a key in PEM, than the path of one. */
export function isContent(text: string): boolean {
  return /[\0\r\n]|-----BEGIN/u.test(text)
}

/** A path in the file system, absolute or from the working directory. */
export const path: Kind<string> = kind('a path', (text) => {
  // Somebody gave the content of a file where its path belongs.
  if (isContent(text))
    return { wrong: 'is not a path', fix: 'give the path of a file, on one line' }
  return { value: text }
})

/** A list with commas between its members; spaces around them do not matter, and doubles count once. */
export function listOf<T>(form: string, parse: (member: string) => Parsed<T>): Kind<readonly T[]> {
  return kind(form, (text) => {
    const members = new Set(
      text
        .split(',')
        .map((member) => member.trim())
        .filter((member) => member !== ''),
    )
    const values: T[] = []
    for (const member of members) {
      const parsed = parse(member)
      if (!('value' in parsed)) return parsed
      values.push(parsed.value)
    }
    return { value: values }
  })
}

/** One line of text that people read. */
export function plainText(form: string, lengthMax: number): Kind<string> {
  return kind(form, (text) => {
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
      return { wrong: 'holds characters that cannot be seen', fix: 'type it, on one line' }
    if (text.length > lengthMax)
      return { wrong: `has more than ${lengthMax} characters`, fix: 'shorten it' }
    return { value: text }
  })
}
