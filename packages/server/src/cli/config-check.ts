/** `signet config check`: says that the configuration is right. Where it is not, loading it has said so. */

import type { Config } from '../config/config.ts'
import { formatSocketAddress } from '../config/socket-address.ts'
import type { CommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'

/** Tells what was understood, without secrets. */
export function configCheck({ config, io }: { config: Config; io: CommandIo }): ExitCode {
  for (const warning of config.warnings) io.note(`Note: ${warning}`)
  const { address } = config.database
  const database =
    address === undefined
      ? `embedded Postgres in ${config.dataDir}`
      : `${address.user} at ${address.host}, database ${address.database}`
  const lines = [
    'The configuration is in order.',
    `  Mode       ${config.environment}`,
    `  Issuer     ${config.issuer}`,
    `  Address    ${formatSocketAddress(config.httpAddress)}`,
    `  Database   ${database}`,
  ]
  io.result({ ok: true, config }, lines.join('\n'))
  return exitCodes.ok
}
