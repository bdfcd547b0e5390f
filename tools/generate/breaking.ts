/**
 * Whether the contract still serves everyone who was built against an earlier one: buf compares the messages, and we
 * compare the REST bindings, which buf does not know.
 *
 * Errors: ContractError, one finding a line.
 */

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { restBindings } from '@signet/contract/options'
import { buildContract, type Contract, ContractError } from './contract.ts'
import { repositoryRoot } from './generated-file.ts'
import { withProtoWorkspace } from './proto-workspace.ts'

const run = promisify(execFile)

interface BreakingOptions {
  /** A git revision that holds the contract to compare with. */
  base: string
  /** Another repository root, for tests. */
  root?: string
}

/**
 * Compares `proto/` with the one at a git revision. Answers whether there was anything to compare with. Throws
 * ContractError where something that callers rely on is gone.
 */
export async function checkBreaking({
  base,
  root = repositoryRoot,
}: BreakingOptions): Promise<'compatible' | 'no base'> {
  const directory = await mkdtemp(join(tmpdir(), 'signet-base-'))
  try {
    if (!(await extractProto({ root, base, directory }))) return 'no base'
    const findings = await compare(join(directory, 'proto'), join(root, 'proto'))
    if (findings.length > 0) throw new ContractError(findings.join('\n'))
    return 'compatible'
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Extract {
  root: string
  base: string
  directory: string
}

/** Writes the `proto/` of a revision below `directory`; false where the revision or its `proto/` is missing. */
async function extractProto({ root, base, directory }: Extract): Promise<boolean> {
  const archive = join(directory, 'proto.tar')
  const known = await run('git', ['cat-file', '-e', `${base}:proto`], { cwd: root }).then(
    () => true,
    () => false,
  )
  if (!known) return false
  await run('git', ['archive', '-o', archive, base, 'proto'], { cwd: root })
  await mkdir(join(directory, 'proto'), { recursive: true })
  await run('tar', ['-xf', archive, '-C', directory])
  return true
}

async function compare(baseProto: string, currentProto: string): Promise<string[]> {
  return withProtoWorkspace(baseProto, async (base) => {
    const baseContract = await buildContract(base)
    return withProtoWorkspace(currentProto, async (current) => {
      const contract = await buildContract(current)
      const against = join(base.directory, 'image.binpb')
      const breaking = await current.buf('breaking', 'proto', '--against', against)
      return [
        ...(breaking.ok ? [] : breaking.output.split('\n')),
        ...lostRoutes(baseContract, contract),
      ]
    })
  })
}

function lostRoutes(base: Contract, current: Contract): string[] {
  const routes = new Set(routesOf(current))
  return routesOf(base)
    .filter((route) => !routes.has(route))
    .map((route) => `${route}: this REST binding is gone, or bound to another method`)
}

function routesOf(contract: Contract): string[] {
  return contract.services
    .flatMap((service) => service.methods)
    .flatMap((method) =>
      restBindings(method).map(
        ({ verb, path, body }) =>
          `${verb} ${path}${body === '' ? '' : ` (body ${body})`} → ${method.parent.typeName}.${method.name}`,
      ),
    )
}
