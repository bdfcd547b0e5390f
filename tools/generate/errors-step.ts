/** docs/reference/errors.md: every reason for which a call is refused, and how it looks on each wire. */

import { join } from 'node:path'
import { Code } from '@connectrpc/connect'
import { type Contract, readContract } from './contract.ts'
import { repositoryRoot, syncFiles } from './generated-file.ts'
import { generatedNote, markdownTable } from './markdown.ts'
import { reasonNames } from './method-reasons.ts'
import { reasonRow } from './openapi/problem.ts'

const tablePath = 'docs/reference/errors.md'

/** Makes the table current. */
export async function generateErrorTable({ check }: { check: boolean }): Promise<string[]> {
  const contract = await readContract(join(repositoryRoot, 'proto'))
  return syncFiles(new Map([[tablePath, errorTable(contract)]]), { check })
}

/** The page: the reasons in the order of the contract. */
export function errorTable(contract: Contract): string {
  const rows = reasonNames(contract).map((name) => {
    const { httpStatus, rpcCode, oauthError, sentence } = reasonRow(name)
    return [`\`${name}\``, String(httpStatus), Code[rpcCode], `\`${oauthError}\``, sentence]
  })
  return `${generatedNote}

# Why a call is refused

The list is closed. Each reason has one HTTP status, one RPC code, one OAuth error and one public sentence,
whichever wire it travels on. A running server explains each at \`/docs/errors\`.

${markdownTable(['Reason', 'HTTP', 'RPC', 'OAuth', 'What the caller reads'], rows)}
`
}
