/** How a command ends, as a number: few codes, each with one meaning, in the tradition of sysexits. */

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  noPermission: 77,
  config: 78,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What each code means, for help and reference. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, 'it was done'],
  [exitCodes.failed, 'it was not done, or what was checked is not in order'],
  [exitCodes.usage, 'the command was not understood'],
  [exitCodes.unavailable, 'something that is needed is away, such as the database'],
  [exitCodes.noPermission, 'the operating system or the database refused access'],
  [exitCodes.config, 'the configuration is wrong'],
]
