/** A person with a browser at a provider, as far as HTTP goes: presses a button, and comes back with what the provider says. */

import assert from 'node:assert/strict'
import { openCookieJar } from '../../testing/cookie-jar.ts'

/** From the address where the browser is sent, to the parameters at the redirect URI: of its query, or of a form. */
export async function visitProvider(
  url: string,
  redirectUri: string,
  choice: 'continue' | 'cancel' = 'continue',
): Promise<URLSearchParams> {
  const jar = openCookieJar()
  let next: { url: string; body?: URLSearchParams } = { url }
  for (let step = 0; step < 12; step += 1) {
    const cookie = jar.header()
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: { ...(cookie && { cookie }) },
      ...(next.body && { method: 'POST', body: next.body }),
    })
    jar.keep(response.headers.getSetCookie())
    const location = response.headers.get('location')
    const page = await response.text()
    if (location !== null) {
      const to = new URL(location, next.url)
      if (to.href.startsWith(redirectUri)) return to.searchParams
      next = { url: to.href }
      continue
    }
    const form = /<form[^>]*>/u.exec(page)?.[0]
    assert.ok(form, `no way on: ${response.status} ${page.slice(0, 2000)}`)
    const action = /action="([^"]*)"/u.exec(form)?.[1]
    const to = action === undefined ? next.url : new URL(unescapeHtml(action), next.url).href
    const fields = hiddenFields(page)
    if (to.startsWith(redirectUri)) return fields
    fields.set('choice', choice)
    next = { url: to, body: fields }
  }
  assert.fail('too many steps')
}

function hiddenFields(page: string): URLSearchParams {
  const fields = new URLSearchParams()
  for (const [, name = '', value = ''] of page.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/gu,
  ))
    fields.append(unescapeHtml(name), unescapeHtml(value))
  return fields
}

function unescapeHtml(text: string): string {
  const names: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text.replace(/&(?:#(\d+)|(\w+));/gu, (whole, code?: string, name?: string) =>
    code ? String.fromCharCode(Number(code)) : (names[name ?? ''] ?? whole),
  )
}
