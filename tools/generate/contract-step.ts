/**
 * The contract itself: formatted, checked, and generated into TypeScript.
 *
 * 1. `buf format`: a file that is not in buf's layout is stale, and rewritten.
 * 2. `buf lint` and our own rules: a finding ends the run.
 * 3. protoc-gen-es: messages and services into packages/contract/src/gen.
 *
 * Errors: ContractError.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildContract, ContractError } from './contract.ts'
import { lintContract } from './contract-lint.ts'
import { listFiles, repositoryRoot, syncFiles } from './generated-file.ts'
import { type ProtoWorkspace, withProtoWorkspace } from './proto-workspace.ts'

const generatedDirectory = 'packages/contract/src/gen'

interface ContractStepOptions {
  check: boolean
  /** Another repository root, for tests. */
  root?: string
}

/** Makes `proto/` and the generated contract current and answers what was not. */
export async function generateContract({
  check,
  root = repositoryRoot,
}: ContractStepOptions): Promise<string[]> {
  return withProtoWorkspace(join(root, 'proto'), async (workspace) => {
    const formatted = await formatProto(workspace)
    const generated = await generateTypeScript(workspace)
    return [
      ...(await syncFiles(formatted, { check, root })),
      ...(await syncFiles(generated, { check, root, owns: generatedDirectory })),
    ]
  })
}

/** Everything that buf and we find wrong with the contract in `protoDirectory`, one finding a line. */
export async function findContractDefects(protoDirectory: string): Promise<string[]> {
  return withProtoWorkspace(protoDirectory, findDefects)
}

/** Lints the contract as a step of its own; nothing that it looks at can be stale. */
export async function checkContract(): Promise<string[]> {
  const defects = await findContractDefects(join(repositoryRoot, 'proto'))
  if (defects.length > 0) throw new ContractError(defects.join('\n'))
  return []
}

async function findDefects(workspace: ProtoWorkspace): Promise<string[]> {
  const contract = await buildContract(workspace)
  const lint = await workspace.buf('lint', 'proto')
  return [...(lint.ok ? [] : lint.output.split('\n')), ...lintContract(contract)]
}

async function formatProto(workspace: ProtoWorkspace): Promise<Map<string, string>> {
  const format = await workspace.buf('format', 'proto', '-w')
  if (!format.ok) throw new ContractError(format.output)
  return readFiles(workspace.directory, 'proto')
}

async function generateTypeScript(workspace: ProtoWorkspace): Promise<Map<string, string>> {
  await writeFile(join(workspace.directory, 'buf.gen.yaml'), JSON.stringify(template()))
  const generate = await workspace.buf('generate')
  if (!generate.ok) throw new ContractError(generate.output)
  return readFiles(workspace.directory, generatedDirectory)
}

/** The plugin runs under this very Node: left to its first line, it would run under whatever the machine has. */
function template(): object {
  return {
    version: 'v2',
    plugins: [
      {
        local: [process.execPath, join(repositoryRoot, 'node_modules/.bin/protoc-gen-es')],
        out: generatedDirectory,
        opt: [
          'target=ts',
          'import_extension=ts',
          'erasable_syntax=true',
          'rewrite_imports=./buf/validate/*_pb.js:@bufbuild/protovalidate/gen',
        ],
      },
    ],
    inputs: [
      { directory: 'proto' },
      { directory: 'third-party', paths: ['third-party/google/api', 'third-party/grpc'] },
    ],
  }
}

async function readFiles(root: string, directory: string): Promise<Map<string, string>> {
  const paths = await listFiles(root, directory)
  const files = paths.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const)
  return new Map(await Promise.all(files))
}
