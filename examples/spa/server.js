/** Serves the files of the app; everything else happens in the browser. */

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const { SIGNET_ISSUER, SIGNET_CLIENT_ID, PORT } = process.env

const library = new URL(import.meta.resolve('oidc-client-ts'))
const files = {
  '/': ['text/html', new URL('index.html', import.meta.url)],
  '/app.js': ['text/javascript', new URL('app.js', import.meta.url)],
  '/oidc-client-ts.js': ['text/javascript', new URL('../browser/oidc-client-ts.min.js', library)],
}
const settings = JSON.stringify({ authority: SIGNET_ISSUER, client_id: SIGNET_CLIENT_ID })

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (pathname === '/settings.json')
    return response.writeHead(200, { 'content-type': 'application/json' }).end(settings)
  const [type, file] = files[pathname] ?? []
  if (file === undefined) return response.writeHead(404).end()
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(await readFile(file))
})

server.listen(Number(PORT ?? 8091), '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`)
})
