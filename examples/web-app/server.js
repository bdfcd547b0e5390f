/** A web app behind Signet: it keeps a session of its own, and loses it when the person signs out anywhere. */

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { routes, sessions } from './routes.js'

const server = createServer(async (request, response) => {
  const self = `http://${request.headers.host}`
  const url = new URL(request.url, self)
  const id = /(?:^|; )app=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  let body = ''
  for await (const chunk of request) body += chunk
  const visit = { url, self, session: sessions.get(id), form: new URLSearchParams(body) }
  const route = routes[`${request.method} ${url.pathname}`] ?? (() => ({ status: 404, body: '' }))
  try {
    const answer = await route(visit)
    if (answer.end || answer.start) sessions.delete(id)
    if (answer.start) {
      const next = randomUUID()
      sessions.set(next, answer.start)
      response.setHeader('set-cookie', `app=${next}; Path=/; HttpOnly; SameSite=Lax`)
    }
    response.setHeader('cache-control', 'no-store')
    if (answer.to) response.writeHead(303, { location: answer.to }).end()
    else response.writeHead(answer.status ?? 200, { 'content-type': 'text/plain' }).end(answer.body)
  } catch (error) {
    console.error(error)
    response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end('That did not work. Sign in again.')
  }
})

server.listen(Number(process.env.PORT ?? 8090), '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`)
})
