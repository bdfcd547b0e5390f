/** Functions of a `Request`, served by node:http with every header as it came. */

import type { IncomingMessage, RequestListener } from 'node:http'

export function listenToRequests(
  handle: (request: Request) => Response | Promise<Response>,
): RequestListener {
  return async (incoming, outgoing) => {
    const response = await handle(requestOf(incoming))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  }
}

function requestOf({ rawHeaders, headers: { host }, url = '/', method = 'GET' }: IncomingMessage) {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  }
  return new Request(`http://${host}${url}`, { method, headers })
}
