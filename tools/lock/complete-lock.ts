/**
 * Decides whether package-lock.json names every optional platform package, and adds those that are missing.
 *
 * `npm install` leaves out the platform packages that the registry at hand does not hold; `npm ci` then refuses
 * the lock ("Missing: … from lock file") on every machine. An entry with version, os and cpu satisfies it: npm
 * skips a foreign platform's package without fetching it.
 */

export interface LockEntry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

export interface Lock {
  packages: Record<string, LockEntry>
}

/** An optional dependency that the lock does not resolve. */
export interface MissingPackage {
  name: string
  version: string
  /** The lock's key of the package that asks for it. */
  dependent: string
}

const operatingSystems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['x64', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64']
const libraries: Record<string, string> = { musl: 'musl', musleabihf: 'musl', gnu: 'glibc' }

/** Every optional dependency, as npm resolves names upwards, that has no entry. */
export function findMissing(lock: Lock): MissingPackage[] {
  const missing = new Map<string, MissingPackage>()
  for (const [dependent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!resolves(lock, dependent, name)) missing.set(name, { name, version, dependent })
    }
  }
  return [...missing.values()].sort((a, b) => a.name.localeCompare(b.name))
}

function resolves(lock: Lock, dependent: string, name: string): boolean {
  for (let folder = dependent; ; folder = parentFolder(folder)) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages) return true
    if (folder === '') return false
  }
}

function parentFolder(folder: string): string {
  const end = folder.lastIndexOf('/node_modules/')
  return end < 0 ? '' : folder.slice(0, end)
}

/** The lock with an entry for each missing package, its keys in npm's order. */
export function completeLock(lock: Lock): Lock {
  const packages = { ...lock.packages }
  for (const { name, version, dependent } of findMissing(lock)) {
    const dev = lock.packages[dependent]?.dev
    packages[`node_modules/${name}`] = {
      version,
      ...(dev === undefined ? {} : { dev }),
      optional: true,
      ...platformOf(name),
    }
  }
  const keys = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(keys.map((key) => [key, packages[key] ?? {}])) }
}

/** Where a platform package runs, read from its name: `binding-linux-arm64-musl` and the like. */
export function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const os = operatingSystems.find((word) => words.includes(word))
  const cpu =
    processors.find((word) => words.includes(word)) ??
    (words.some((word) => word.startsWith('arm')) ? 'arm' : undefined)
  if (os === undefined || cpu === undefined) throw new Error(`${name}: no platform in this name`)
  const libc = words.map((word) => libraries[word]).find((library) => library !== undefined)
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc !== undefined ? { libc: [libc] } : {}) }
}
