/**
 * An API of one's own behind Signet: another process, protected by the verifier as it is published, in a folder that holds
 * nothing else. It is a client of Signet, registered with the command line.
 */

import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installPacked } from '../../packages/verifier/src/testing/pack.ts'
import { firstMessage } from './first-message.ts'

export interface OwnApi {
  url: string
  /** The client that it is at Signet. */
  clientId: string
  stop(): Promise<void>
}

export interface ApiPlace {
  /** Where Signet is reached. */
  signet: string
  /** What leads the command line to Signet's database. */
  environment: Record<string, string | undefined>
  /** Whether that database outlives the demo: the client is disabled then. */
  lasting: boolean
}

const signet = fileURLToPath(new URL('../../packages/server/bin/signet.js', import.meta.url))

/** Starts it and waits until it knows what was revoked. Throws, and leaves nothing behind, where it does not come up. */
export async function startApi(place: ApiPlace): Promise<OwnApi> {
  const { environment } = place
  const closing: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const project = await installPacked()
    closing.push(project.remove)
    await cp(join(import.meta.dirname, 'ledger-api.js'), join(project.directory, 'ledger-api.js'))
    const clientId = `demo-ledger-${randomUUID().slice(0, 8)}`
    const settings = await registerClient(clientId, environment)
    if (place.lasting) closing.push(() => runSignet(environment, 'client', 'disable', clientId))
    const child = spawn(process.execPath, ['ledger-api.js'], {
      cwd: project.directory,
      env: { PATH: process.env.PATH, ...settings, SIGNET_URL: place.signet },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const exited = once(child, 'exit')
    closing.push(() => {
      child.kill()
      return exited
    })
    const { message, said } = await firstMessage(child, 'api')
    if (message === undefined) throw new Error(notUp(place, said))
    return { url: message, clientId, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function notUp({ signet: url, lasting }: ApiPlace, said: string): string {
  const advice = `Run the demo where the settings lead to the database of ${url}: its client is registered there.`
  return `The API behind Signet did not come up:\n${said}${lasting ? advice : ''}`
}

/** The settings that an API needs to trust Signet. */
async function registerClient(
  id: string,
  environment: ApiPlace['environment'],
): Promise<Record<string, string>> {
  const permissions = ['revocations.read', 'tokens.introspect'].flatMap((name) => [
    '--permission',
    name,
  ])
  const create = ['client', 'create', id, '--type', 'confidential', ...permissions]
  const { secret } = await runSignet(environment, ...create)
  const settings = await runSignet(environment, 'client', 'env', id)
  return {
    ...settings,
    SIGNET_CLIENT_SECRET: secret ?? '',
    // People who sign in through the API get tokens for Signet's own audience.
    SIGNET_AUDIENCE: `${settings.SIGNET_ISSUER}/api`,
  }
}

/** What a command of the command line answers as JSON. */
async function runSignet(
  environment: ApiPlace['environment'],
  ...args: string[]
): Promise<Record<string, string>> {
  const run = promisify(execFile)(process.execPath, [signet, ...args, '--json'], {
    env: environment,
  })
  const { stdout } = await run.catch((error: { stderr: string }) => {
    throw new Error(`signet ${args.slice(0, 2).join(' ')} did not work:\n${error.stderr}`)
  })
  return JSON.parse(stdout) as Record<string, string>
}
