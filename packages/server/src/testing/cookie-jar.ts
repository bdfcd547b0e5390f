/** The cookies of a browser in a test that has no browser. */

export interface CookieJar {
  /** The `Cookie` header; undefined where there is none to send. */
  header(): string | undefined
  /** Keeps what `Set-Cookie` headers say. */
  keep(setCookies: readonly string[]): void
  /** Forgets those that are for as long as the browser is open. */
  closeBrowser(): void
}

/** A jar without cookies, or with those of another one. */
export function openCookieJar(from?: CookieJar): CookieJar {
  const cookies = new Map<string, string>()
  const lasting = new Set<string>()
  for (const pair of from?.header()?.split('; ') ?? []) put(cookies, pair)
  return {
    header: () =>
      cookies.size === 0 ? undefined : [...cookies].map((pair) => pair.join('=')).join('; '),
    keep(setCookies) {
      for (const setCookie of setCookies) {
        const [pair = '', ...attributes] = setCookie.split('; ')
        const [name = ''] = pair.split('=', 1)
        put(cookies, attributes.includes('Max-Age=0') ? `${name}=` : pair)
        if (attributes.some((each) => each.startsWith('Max-Age='))) lasting.add(name)
        else lasting.delete(name)
      }
    },
    closeBrowser() {
      for (const name of cookies.keys()) if (!lasting.has(name)) cookies.delete(name)
    },
  }
}

function put(cookies: Map<string, string>, pair: string): void {
  const end = pair.indexOf('=')
  const [name, value] = [pair.slice(0, end), pair.slice(end + 1)]
  if (value === '') cookies.delete(name)
  else cookies.set(name, value)
}
