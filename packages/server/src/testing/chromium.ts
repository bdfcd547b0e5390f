/**
 * A real browser for tests: Chromium from the PATH, installed with apt where this process may do so, else refused with
 * the one sentence that says what to do.
 */

import { execFile } from 'node:child_process'
import { access, constants, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** What keeps Chromium from calling home; it has no sandbox of its own where tests run as root. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The path of a Chromium. Installs Debian's where there is none and this process is root; throws otherwise. */
async function findChromium(): Promise<string> {
  const present = await findOnPath(commands)
  if (present !== undefined) return present
  const advice = 'These tests need Chromium: have root run `apt-get install -y chromium`.'
  if (process.getuid?.() !== 0) throw new Error(advice)
  try {
    await run('apt-get', ['update', '-q'])
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    })
  } catch (cause) {
    throw new Error(advice, { cause })
  }
  const installed = await findOnPath(commands)
  if (installed === undefined) throw new Error(advice)
  return installed
}

/** A running browser with a profile and a home of its own. */
export async function launchChromium(): Promise<{ browser: Browser; close(): Promise<void> }> {
  const executablePath = await findChromium()
  const home = await mkdtemp(join(tmpdir(), 'signet-chromium-'))
  const browser = await chromium.launch({
    executablePath,
    args: flags,
    env: { ...definedEnvironment(), HOME: home },
  })
  return {
    browser,
    close: async () => {
      await browser.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '')
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name)
      const executable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (executable) return path
    }
  }
  return undefined
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}
