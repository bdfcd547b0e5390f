/** Something that is wrong with a query, told where it stands. */

export interface Problem {
  file: string
  /** Counted from 1. */
  line: number
  /** Empty where the problem is not inside a query. */
  query: string
  message: string
}

/** One line for the terminal; editors follow `file:line`. */
export function describeProblem({ file, line, query, message }: Problem): string {
  return `${file}:${line}: ${query === '' ? '' : `${query}: `}${message}`
}
