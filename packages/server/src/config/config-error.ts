/** Everything that is wrong with a configuration, told at once: what, where it came from, why, and what to do. */

/** One thing wrong with one variable. */
export interface Problem {
  /** The name, as it was written. */
  variable: string
  /** The value, as far as it may be shown. */
  shown?: string
  /** Where the value came from, such as `from the environment`. */
  origin?: string
  /** What is wrong, as the rest of a sentence that begins with the name. */
  message: string
  /** What to do about it, as a sentence without its full stop. */
  fix: string
}

/** Thrown by `loadConfig`, and by nothing else; holds every problem. Its message is ready to print. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const indent = ' '.repeat(20)

/** The whole list as text. */
function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return [
    `The configuration has ${count}.`,
    ...problems.map(formatProblem),
    'Check without starting: npm run signet -- config check    Reference: docs/reference/configuration.md',
  ].join('\n\n')
}

function formatProblem(problem: Problem): string {
  const value = problem.shown ?? ''
  const origin = problem.origin === undefined ? '' : `(${problem.origin})`
  const head = `  ${[problem.variable, value, origin].filter((part) => part !== '').join('   ')}`
  return [head, `${indent}${problem.message}`, `${indent}Fix: ${problem.fix}`].join('\n')
}
