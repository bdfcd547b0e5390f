/**
 * The only way to make HTML: a tagged template that escapes what is put into it.
 *
 * A value may stand in text or inside a quoted attribute, nowhere else. Where a browser would read it as a script, a
 * style, a name of a tag or an attribute, or the start of an address such as "javascript:", the template throws: such
 * a template is a bug, and must not become a page.
 *
 * Specs: HTML Living Standard §13.2.5 (tokenization), RFC 3986 §3.1 (schemes).
 */

import { createHash } from 'node:crypto'

const markup = Symbol('markup')

/** Markup that this file has made. Nothing that was parsed from a request can be one. */
export interface Html {
  readonly [markup]: string
}

/** What can be put into a template; null, undefined and false leave nothing behind. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined | false

/** Makes markup from a template. Throws where a value stands in a place that escaping cannot make safe. */
export function html(template: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let place: Place = { in: 'text' }
  let written = ''
  for (const [i, chunk] of template.entries()) {
    place = advance(place, chunk)
    written += chunk
    if (i === values.length) continue
    const inserted = insert(place, values[i])
    written += inserted
    if (place.in === 'value') place = { ...place, value: place.value + inserted }
  }
  if (place.in !== 'text') throw new Error(`html: the template ends inside a ${place.in}`)
  return { [markup]: written }
}

/** A stylesheet that stands in the page, and the source expression that lets a content security policy allow it. */
export function inlineStyle(css: string): { element: Html; cspSource: string } {
  if (css.includes('</') || css.includes('<!--'))
    throw new Error('html: this stylesheet could leave its element')
  const hash = createHash('sha256').update(css).digest('base64')
  return { element: { [markup]: `<style>${css}</style>` }, cspSource: `'sha256-${hash}'` }
}

/** A whole page as it is sent. */
export function renderPage(root: Html): string {
  return `<!doctype html>\n${root[markup]}\n`
}

/** Where in the markup a template has come to. `value` is what an attribute holds so far, escaped. */
type Place =
  | { in: 'text' }
  | { in: 'raw text'; tag: string }
  | { in: 'tag'; tag: string }
  | { in: 'value'; tag: string; attribute: string; quote: string; value: string }

function insert(place: Place, value: HtmlValue): string {
  if (place.in === 'text') return textOf(value)
  if (place.in !== 'value')
    throw new Error(`html: a value cannot stand inside the ${place.in} of <${place.tag}>`)
  if (/^(?:on.*|style|srcdoc)$/.test(place.attribute))
    throw new Error(`html: a value cannot stand in the attribute ${place.attribute}`)
  if (typeof value === 'object' && value !== null)
    throw new Error(`html: only text and numbers can stand in the attribute ${place.attribute}`)
  return textOf(value)
}

function textOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(textOf).join('')
  if (typeof value === 'object' && markup in value) return value[markup]
  throw new Error(`html: a ${typeof value} is no text`)
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value)
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** Reads the next piece of a template, which starts at `place`. */
function advance(from: Place, chunk: string): Place {
  let place = from
  let at = 0
  while (at < chunk.length) {
    const next = step(place, chunk, at)
    place = next.place
    at = next.at
  }
  return place
}

interface Step {
  place: Place
  at: number
}

function step(place: Place, chunk: string, at: number): Step {
  switch (place.in) {
    case 'text':
      return stepText(place, chunk, at)
    case 'raw text': {
      const end = chunk.toLowerCase().indexOf(`</${place.tag}`, at)
      return end === -1 ? { place, at: chunk.length } : { place: { in: 'text' }, at: end }
    }
    case 'tag':
      return stepTag(place, chunk, at)
    case 'value': {
      const end = chunk.indexOf(place.quote, at)
      const value = place.value + chunk.slice(at, end === -1 ? chunk.length : end)
      if (end === -1) return { place: { ...place, value }, at: chunk.length }
      if (isAddress(place.attribute) && !isSafeAddress(value))
        throw new Error(`html: the address in ${place.attribute} leads to a scheme that is refused`)
      if (place.attribute === 'srcset' && /[\s,]/.test(value))
        throw new Error('html: srcset holds one address; others would not be judged')
      return { place: { in: 'tag', tag: place.tag }, at: end + 1 }
    }
    default:
      return place satisfies never
  }
}

function stepText(place: Place, chunk: string, at: number): Step {
  const open = chunk.indexOf('<', at)
  if (open === -1) return { place, at: chunk.length }
  const declaration = /^(?:<!doctype[^>]*>|<!--[\s\S]*?-->)/i.exec(chunk.slice(open))
  if (declaration !== null) return { place, at: open + declaration[0].length }
  const tag = /^<\/?([a-z][a-z0-9-]*)/i.exec(chunk.slice(open))
  if (tag === null) throw new Error('html: a < that opens no whole tag; write &lt;')
  const name = tag[0].startsWith('</') ? `/${tag[1]}` : (tag[1] ?? '')
  return { place: { in: 'tag', tag: name.toLowerCase() }, at: open + tag[0].length }
}

function stepTag({ tag }: { tag: string }, chunk: string, at: number): Step {
  const rest = chunk.slice(at)
  const end = /^\s*\/?>/.exec(rest)
  if (end !== null) {
    const raw = tag === 'script' || tag === 'style'
    return { place: raw ? { in: 'raw text', tag } : { in: 'text' }, at: at + end[0].length }
  }
  const attribute = /^\s+([^\s"'<>/=]+)(?:=(["']))?/.exec(rest)
  if (attribute === null) {
    if (rest.trim() === '') return { place: { in: 'tag', tag }, at: chunk.length }
    throw new Error(`html: an attribute of <${tag}> is not quoted`)
  }
  const [matched, name = '', quote] = attribute
  const after = at + matched.length
  if (quote === undefined) return { place: { in: 'tag', tag }, at: after }
  const place = { in: 'value', tag, attribute: name.toLowerCase(), quote, value: '' } as const
  return { place, at: after }
}

function isAddress(attribute: string): boolean {
  return ['href', 'src', 'srcset', 'action', 'formaction', 'xlink:href', 'poster', 'data'].includes(
    attribute,
  )
}

/**
 * Relative to this origin, or of a scheme that runs nothing. Browsers drop tabs, newlines and leading controls, and
 * read a backslash as a slash, so they are judged without and as that.
 */
function isSafeAddress(escaped: string): boolean {
  const kept = [...escaped].filter((character) => character > ' ').join('')
  const address = kept.replaceAll('\\', '/')
  if (address.startsWith('//')) return false
  const scheme = /^([^/?#]*):/.exec(address)?.[1]
  return scheme === undefined || /^(?:https?|mailto)$/i.test(scheme)
}
