/** docs/reference/access.md: who may call what. It is committed, so that a change of permission is a visible diff. */

import { join } from 'node:path'
import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { access, restBindings } from '@signet/contract/options'
import { type Contract, readContract } from './contract.ts'
import { repositoryRoot, syncFiles } from './generated-file.ts'
import { generatedNote, markdownTable } from './markdown.ts'

const tablePath = 'docs/reference/access.md'

/** Makes the table current. */
export async function generateAccessTable({ check }: { check: boolean }): Promise<string[]> {
  const contract = await readContract(join(repositoryRoot, 'proto'))
  return syncFiles(new Map([[tablePath, accessTable(contract)]]), { check })
}

/** The page: every method, who may call it, and where it lives in REST. */
export function accessTable(contract: Contract): string {
  const methods = contract.services.flatMap((service) => service.methods)
  const rows = methods.map((method) => [
    `${method.parent.name}.${method.name}`,
    whoMayCall(method),
    restBindings(method)
      .map(({ verb, path }) => `\`${verb} ${path}\``)
      .join('<br>'),
  ])
  return `${generatedNote}

# Who may call what

Every method of the contract states its access level. A method that states none does not start.

| Level | Who |
| --- | --- |
| public | anyone, without a token |
| user | a signed-in user; never a client for itself. Through a client that is not one of ours only with the scope signet:account, or signet:* |
| recent | likewise, and the user authenticated at most five minutes ago |
| client | a registered client, by its id and secret; what it may do there, the method says |
| permission | a signed-in user one of whose roles grants the permission, or a registered client whose record does |

A user sends an access token as Authorization: Bearer; a client sends its id and secret as Authorization: Basic, over every
wire. The role administrator grants every permission; the record of a client grants what it names, and never everything.

${markdownTable(['Method', 'Access', 'REST'], rows)}
`
}

function whoMayCall(method: DescMethod): string {
  const { who } = getOption(method, access)
  if (who.case === undefined) throw new Error(`${method} states no (signet.v1.access)`)
  return who.case === 'permission' ? `permission \`${who.value}\`` : who.case
}
