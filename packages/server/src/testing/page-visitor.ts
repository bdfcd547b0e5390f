/** A browser without scripts, pictures or patience: it opens pages, keeps cookies and sends forms, for tests that need no more. */

import assert from 'node:assert/strict'
import { type CookieJar, openCookieJar } from './cookie-jar.ts'

export interface ShownPage {
  status: number
  headers: Headers
  /** Where a redirect leads; empty where there is none. */
  location: string
  html: string
  /** The heading. */
  title: string
  /** Why the page is shown again; empty where it is not. */
  problem: string
}

export interface PageVisitor {
  jar: CookieJar
  /** Opens a page, and does not follow where it leads. */
  open(path: string, headers?: Record<string, string>): Promise<ShownPage>
  /** Sends the form of a page that leads to this path, with what it holds and these fields. */
  send(
    page: ShownPage,
    path: string,
    fields?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<ShownPage>
}

/** A visitor without cookies, or with those of another one. */
export function openPageVisitor(url: string, from?: PageVisitor): PageVisitor {
  const jar = openCookieJar(from?.jar)
  const ask = async (path: string, init: RequestInit): Promise<ShownPage> => {
    const cookie = jar.header()
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...init.headers }
    const answer = await fetch(url + path, { redirect: 'manual', ...init, headers })
    jar.keep(answer.headers.getSetCookie())
    return shown(answer, await answer.text())
  }
  return {
    jar,
    open: (path, headers) => ask(path, { headers: headers ?? {} }),
    send(page, path, fields = {}, headers = {}) {
      const body = new URLSearchParams({ ...hiddenFields(page, path), ...fields })
      return ask(path, { method: 'POST', body, headers })
    },
  }
}

function shown(answer: Response, html: string): ShownPage {
  return {
    status: answer.status,
    headers: answer.headers,
    location: answer.headers.get('location') ?? '',
    html,
    title: text(/<h1>(.*?)<\/h1>/su.exec(html)?.[1]),
    problem: text(/<div class="note problem"[^>]*><p>(.*?)<\/p>/su.exec(html)?.[1]),
  }
}

/** What a form holds that nobody types. */
export function hiddenFields({ html }: ShownPage, path: string): Record<string, string> {
  const forms = html.split('<form ').slice(1)
  const form = forms.find((each) => each.startsWith(`method="post" action="${path}"`))
  assert.ok(form !== undefined, `no form leads to ${path}`)
  const inputs = form
    .slice(0, form.indexOf('</form>'))
    .matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/gu)
  return Object.fromEntries([...inputs].map(([, name = '', value]) => [name, text(value)]))
}

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

function text(markup = ''): string {
  return markup.replaceAll(/&(?:amp|lt|gt|quot|#39);/gu, (entity) => entities[entity] ?? '')
}
