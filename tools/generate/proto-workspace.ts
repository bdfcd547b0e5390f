/**
 * A temporary directory in which buf can compile the contract with no network: our `proto/` beside the third-party
 * files that it imports, which are taken from npm packages and never kept in the repository.
 */

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { repositoryRoot } from './generated-file.ts'
import { printProto } from './proto-printer.ts'

const run = promisify(execFile)

/** Third-party files: where an import finds them, and the npm package that carries them. */
const packagedProtos = {
  'google/api/annotations.proto': ['protobufjs', 'google/api/annotations.proto'],
  'google/api/http.proto': ['protobufjs', 'google/api/http.proto'],
  'grpc/health/v1/health.proto': ['grpc-health-check', 'proto/health/v1/health.proto'],
  'grpc/reflection/v1/reflection.proto': [
    '@grpc/reflection',
    'build/proto/grpc/reflection/v1/reflection.proto',
  ],
} as const

/** What a run of buf says: findings go to stdout with a failing exit code. */
interface BufResult {
  ok: boolean
  output: string
}

export interface ProtoWorkspace {
  /** Holds `proto/`, `third-party/` and `buf.yaml`. */
  directory: string
  /** Runs buf in the workspace. Throws where buf cannot be started at all. */
  buf(...args: string[]): Promise<BufResult>
}

/** Runs `use` in a workspace made from `protoDirectory`, and removes the workspace afterwards. */
export async function withProtoWorkspace<T>(
  protoDirectory: string,
  use: (workspace: ProtoWorkspace) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'signet-proto-'))
  try {
    await cp(protoDirectory, join(directory, 'proto'), { recursive: true })
    await cp(join(import.meta.dirname, 'buf.yaml'), join(directory, 'buf.yaml'))
    await writeThirdPartyProtos(join(directory, 'third-party'))
    return await use({ directory, buf: (...args) => runBuf(directory, args) })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function writeThirdPartyProtos(directory: string): Promise<void> {
  await write(
    join(directory, 'buf/validate/validate.proto'),
    printProto(file_buf_validate_validate),
  )
  const require = createRequire(import.meta.url)
  for (const [path, [name, file]] of Object.entries(packagedProtos)) {
    const packageDirectory = dirname(require.resolve(`${name}/package.json`))
    await write(join(directory, path), await readFile(join(packageDirectory, file), 'utf8'))
  }
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

async function runBuf(directory: string, args: readonly string[]): Promise<BufResult> {
  const buf = join(repositoryRoot, 'node_modules/@bufbuild/buf/bin/buf')
  // A home of its own keeps buf away from tokens and caches of whoever runs this.
  const env = { PATH: process.env.PATH, HOME: directory, BUF_CACHE_DIR: join(directory, '.cache') }
  try {
    const { stdout, stderr } = await run(process.execPath, [buf, ...args], { cwd: directory, env })
    return { ok: true, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string }
    if (typeof code !== 'number') throw error
    return { ok: false, output: `${stdout}${stderr}`.trim() }
  }
}
