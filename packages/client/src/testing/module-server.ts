/** Serves the client's modules to a browser as they are, types stripped: what the page runs is what stands here. */

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../../', import.meta.url)
const page = `<!doctype html><title>An app</title><script type="importmap">
{ "imports": { "@bufbuild/": "/package/@bufbuild/", "@signet/": "/package/@signet/" } }
</script>`

export interface ModuleServer {
  origin: string
  stop(): Promise<void>
}

/** Starts it, on loopback: `/` is an empty page that can import `@signet/client`. */
export async function startModuleServer(): Promise<ModuleServer> {
  const server = createServer((request, response) => {
    serve(request.url ?? '/').then(
      ({ type, text, location }) => {
        if (location === undefined) response.writeHead(200, { 'content-type': type }).end(text)
        else response.writeHead(302, { location }).end()
      },
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function serve(path: string): Promise<{ type: string; text: string; location?: string }> {
  if (path === '/') return { type: 'text/html', text: page }
  const [, kind, rest = ''] = /^\/(package|file)\/(.+)$/.exec(path) ?? []
  if (kind === 'package') {
    const found = import.meta.resolve(rest)
    return { type: '', text: '', location: `/file/${found.slice(root.href.length)}` }
  }
  const text = await readFile(fileURLToPath(new URL(rest, root)), 'utf8')
  return {
    type: 'text/javascript',
    text: rest.endsWith('.ts') ? stripTypeScriptTypes(text) : text,
  }
}
