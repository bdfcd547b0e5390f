/** A Signet of its own with one person, for relying parties that we did not write; and that person at a browser without scripts. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runSignet } from '../../packages/server/src/cli/testing/spawn-signet.ts'
import {
  openPageVisitor,
  type PageVisitor,
  type ShownPage,
} from '../../packages/server/src/testing/page-visitor.ts'
import { type OwnServer, startServer } from '../../tools/demo/own-server.ts'
import { type Person, signUp, somebody } from '../client.ts'

export interface World {
  server: OwnServer
  /** Also where it is found. */
  issuer: string
  person: Person
  /** Registers a client by the command line; answers its secret, empty where it has none. */
  registerClient(id: string, ...options: string[]): Promise<string>
  close(): Promise<void>
}

/** Starts it. Everything on this machine may be told of sign-outs. */
export async function openWorld(): Promise<World> {
  const server = await startServer({ SIGNET_OUTBOUND_PRIVATE_HOSTS: 'localhost:*' })
  const issuer = `http://localhost:${new URL(server.url).port}`
  const environment = definedOnly(server.environment)
  const run = async (args: string[]) => {
    const ran = await runSignet([...args, '--json'], { environment })
    assert.equal(ran.exitCode, 0, `${ran.stdout}${ran.stderr}`)
    return JSON.parse(ran.stdout)
  }
  const passwordFile = join(server.dataDir, 'password')
  await writeFile(passwordFile, 'an administrator keeps this secret')
  await run(['admin', 'create', '--email', 'admin@example.com', '--password-file', passwordFile])
  const person = somebody()
  assert.equal((await signUp(server.url, person)).status, 200)
  return {
    server,
    issuer,
    person,
    async registerClient(id, ...options) {
      const { secret } = await run(['client', 'create', id, '--name', id, ...options])
      return secret ?? ''
    },
    close: () => server.stop(),
  }
}

/** A page, and where it is. */
export type Arrived = ShownPage & { url: string }

export interface Walker {
  /** Opens an address and goes where it leads, through the pages of Signet, signing in and agreeing where that is asked for. */
  go(url: string): Promise<Arrived>
  /** Opens an address, and stays there. */
  look(url: string): Promise<ShownPage>
}

/** The person at a browser of their own, which keeps cookies for each origin. */
export function walkerOf({ issuer, person }: World): Walker {
  const visitors = new Map<string, PageVisitor>()
  const at = (origin: string): PageVisitor => {
    const visitor = visitors.get(origin) ?? openPageVisitor(origin)
    visitors.set(origin, visitor)
    return visitor
  }
  const look = (url: string) => {
    const { origin, pathname, search } = new URL(url)
    return at(origin).open(pathname + search)
  }
  return {
    look,
    async go(url) {
      let here = new URL(url)
      let page = await at(here.origin).open(here.pathname + here.search)
      for (let steps = 0; steps < 20; steps += 1) {
        if (page.location !== '') {
          here = new URL(page.location, here)
          page = await at(here.origin).open(here.pathname + here.search)
        } else if (here.origin === issuer && page.html.includes('action="/sign-in"')) {
          const typed = { identifier: person.email, password: person.password }
          page = await at(issuer).send(page, '/sign-in', typed)
          assert.equal(page.status, 303, page.problem)
        } else if (here.origin === issuer && page.html.includes('action="/consent"')) {
          page = await at(issuer).send(page, '/consent', { answer: 'allow' })
          assert.equal(page.status, 303, page.problem)
        } else return { ...page, url: here.href }
      }
      assert.fail(`${url} goes round in circles`)
    },
  }
}

export interface RunningApp {
  url: string
  child: ChildProcess
  stop(): Promise<void>
}

/** Starts an example, which says where it listens. */
export async function startApp(
  name: string,
  environment: Record<string, string>,
): Promise<RunningApp> {
  const cwd = join(import.meta.dirname, '../../examples', name)
  const env = { PATH: process.env.PATH ?? '', ...environment }
  const child = spawn(process.execPath, ['server.js'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => assert.fail(`${name} did not start`)),
  ])) as [string]
  return {
    url,
    child,
    async stop() {
      child.kill()
      await exited
    },
  }
}

/** A port that nobody listens on at this moment: an address has to be registered before it is listened on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const { port } = await listening(server)
  server.close()
  await once(server, 'close')
  return port
}

/** Lets a server listen on this machine. */
export async function listening(server: Server): Promise<{ port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address() as AddressInfo
}

function definedOnly(given: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
}
