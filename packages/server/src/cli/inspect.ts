/** `signet inspect`: what a token says, and why it is refused. */

import { text } from 'node:stream/consumers'
import { inspectToken } from '../tokens/inspect-token.ts'
import { ensureSigningKeys } from '../tokens/signing-keys.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import { openOperatorSecret } from './operator.ts'
import type { CommandContext } from './verb.ts'

/** `inspect`: 0 where the token is good, 1 where it is not. `-` reads it from standard input. */
export async function inspect(context: CommandContext, argument: string): Promise<ExitCode> {
  const { config, io } = context
  const token = (argument === '-' ? await text(io.input) : argument).trim()
  return withDatabase(context, async ({ db }) => {
    const now = new Date()
    const masterSecret = openOperatorSecret(config)
    const signingKeys = await ensureSigningKeys({ db, masterSecret }, now)
    const inspected = await inspectToken({ config, db, signingKeys }, token, now)
    const { what, header, claims, findings } = inspected
    const isGood = findings.length === 0
    const lines = [
      io.heading(isGood ? `This is ${what}, and it is good.` : `This is ${what}; it is refused:`),
      ...findings.map((finding) => `  ${finding}`),
      ...(header === undefined ? [] : ['', `Header  ${JSON.stringify(header)}`]),
      ...(claims === undefined ? [] : [`Claims  ${JSON.stringify(claims, undefined, 2)}`]),
    ]
    io.result({ good: isGood, ...inspected }, lines.join('\n'))
    return isGood ? exitCodes.ok : exitCodes.failed
  })
}
