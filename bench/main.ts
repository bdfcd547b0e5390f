/**
 * `npm run bench`: figures about the service, against its limits, in one table.
 *
 *     npm run bench -- [--only NAME]... [--rounds N] [--seconds N] [--json] [--write]
 *
 * `--write` puts the figures of each subject into docs/reference/performance.md.
 *
 * Nothing here is asserted: a goal that is not met is printed as such and is not a failure. Exit code 1 says that something
 * could not be measured, 2 that the arguments were not understood.
 */

import { parseArgs } from 'node:util'
import { type Finding, isMet, type Subject } from './finding.ts'
import { describeMachine } from './machine.ts'
import { measuredAt, writeBlock } from './page.ts'
import { markdownTable, table } from './report.ts'
import { avatar } from './subjects/avatar.ts'
import { clientCredentials } from './subjects/client-credentials.ts'
import { grpc } from './subjects/grpc.ts'
import { introspection } from './subjects/introspection.ts'
import { jwks } from './subjects/jwks.ts'
import { mail } from './subjects/mail.ts'
import { memory } from './subjects/memory.ts'
import { page } from './subjects/page.ts'
import { refresh } from './subjects/refresh.ts'
import { resetRequest } from './subjects/reset-request.ts'
import { rest } from './subjects/rest.ts'
import { revocation } from './subjects/revocation.ts'
import { revoke } from './subjects/revoke.ts'
import { signIn } from './subjects/sign-in.ts'
import { start } from './subjects/start.ts'
import { verifier } from './subjects/verifier.ts'
import { verifyHttp } from './subjects/verify-http.ts'
import { watchers } from './subjects/watchers.ts'

const subjects: readonly Subject[] = [
  signIn,
  refresh,
  revoke,
  rest,
  start,
  memory,
  grpc,
  verifier,
  revocation,
  watchers,
  clientCredentials,
  introspection,
  jwks,
  page,
  verifyHttp,
  mail,
  resetRequest,
  avatar,
]

interface Options {
  chosen: readonly Subject[]
  rounds: number
  secondsPerSlice: number
  json: boolean
  write: boolean
}

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`)
    return 2
  }
  const { chosen, rounds, secondsPerSlice, json, write } = options
  const machine = describeMachine()
  const findings: Finding[] = []
  const failures: string[] = []
  for (const { name, about, run } of chosen) {
    process.stderr.write(`${name}: ${about}\n`)
    try {
      const progress = (message: string) => process.stderr.write(`  ${message}\n`)
      const before = measuredAt(describeMachine(), new Date())
      const found = await run({ rounds, secondsPerSlice, progress })
      findings.push(...found)
      const where = `${before} · ${rounds} rounds of ${secondsPerSlice} s`
      if (write) await writeBlock('performance', name, [...markdownTable(found), '', where])
    } catch (error) {
      failures.push(
        `${name} could not be measured: ${error instanceof Error ? error.message : error}`,
      )
    }
  }
  const parameters = { rounds, secondsPerSlice }
  const text = json
    ? JSON.stringify({ machine, parameters, findings: findings.map(judged), failures })
    : [
        `${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, load ${machine.loadAverage} · Node ${machine.node}, OpenSSL ${machine.openssl}`,
        `${rounds} rounds of ${secondsPerSlice} s; medians of the ratios within a round`,
        '',
        ...(findings.length === 0 ? [] : [table(findings)]),
        ...failures,
      ].join('\n')
  process.stdout.write(`${text}\n`)
  return failures.length === 0 ? 0 : 1
}

function judged(finding: Finding) {
  return { ...finding, met: isMet(finding) }
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    })
    const names = subjects.map(({ name }) => name)
    const unknown = values.only?.find((name) => !names.includes(name))
    if (unknown !== undefined) return `There is no "${unknown}". There are: ${names.join(', ')}.`
    const [rounds, secondsPerSlice] = [Number(values.rounds), Number(values.seconds)]
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) return '--rounds takes 1 to 100.'
    if (!(secondsPerSlice >= 0.1 && secondsPerSlice <= 60)) return '--seconds takes 0.1 to 60.'
    const chosen = subjects.filter(({ name }) => values.only?.includes(name) ?? true)
    return { chosen, rounds, secondsPerSlice, json: values.json, write: values.write }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
