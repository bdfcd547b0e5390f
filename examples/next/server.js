/** Serves the route handlers as Next does, without Next: each file below `app` exports a function per method. */

import { serve } from '@hono/node-server'

async function handle(request) {
  const { pathname } = new URL(request.url)
  const routes = {
    '/invoices': () => import('./app/invoices/route.js'),
    '/invoices/approve': () => import('./app/invoices/approve/route.js'),
  }
  const handler = (await routes[pathname]?.())?.[request.method]
  return handler?.(request, { params: Promise.resolve({}) }) ?? new Response(null, { status: 404 })
}

const port = Number(process.env.PORT ?? 8081)
serve({ fetch: handle, hostname: '127.0.0.1', port }, (address) => {
  console.log(`http://127.0.0.1:${address.port}`)
})
