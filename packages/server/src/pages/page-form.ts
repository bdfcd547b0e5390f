/**
 * Parameters of a page, from its form or its address. Whatever came, each name has one text: the first, without what the
 * database could not hold.
 */

export interface PageForm {
  /** The text under this name; empty where there is none. */
  text(name: string): string
}

/** The parameters of a body or of a query. */
export function readForm(encoded: string): PageForm {
  const given = new URLSearchParams(encoded)
  return { text: (name) => (given.get(name) ?? '').replaceAll('\0', '').toWellFormed() }
}
