import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Html, type HtmlValue, html, inlineStyle, renderPage } from './html.ts'

const hostile = `<script>alert("1")</script>&'`
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'

function markupOf(value: Html): string {
  return renderPage(value)
    .replace(/^<!doctype html>\n/, '')
    .replace(/\n$/, '')
}

describe('values in text', () => {
  it('escapes every character that could end the text', () => {
    assert.equal(markupOf(html`<p>${hostile}</p>`), `<p>${escaped}</p>`)
  })

  it('keeps nested markup and escapes what is inside it once', () => {
    const inner = html`<b>${hostile}</b>`
    assert.equal(markupOf(html`<p>${inner}</p>`), `<p><b>${escaped}</b></p>`)
  })

  it('joins lists, nested ones too', () => {
    const rows: HtmlValue[] = ['a', html`<i>b</i>`, ['<c>', 4]]
    assert.equal(markupOf(html`<p>${rows}</p>`), '<p>a<i>b</i>&lt;c&gt;4</p>')
  })

  it('leaves nothing behind for null, undefined, false and an empty list', () => {
    assert.equal(markupOf(html`<p>${null}${undefined}${false}${[]}</p>`), '<p></p>')
  })

  it('writes zero and the empty text as they are', () => {
    assert.equal(markupOf(html`<p>${0}|${''}</p>`), '<p>0|</p>')
  })

  it('takes no object for markup that it has not made', () => {
    const forged = JSON.parse('{"markup":"<b>","toString":"<b>"}') as HtmlValue
    assert.throws(() => html`<p>${forged}</p>`, /is no text/)
  })

  it('keeps a value inside the title', () => {
    assert.equal(markupOf(html`<title>${'</title>'}</title>`), '<title>&lt;/title&gt;</title>')
  })
})

describe('values in attributes', () => {
  it('escapes both kinds of quotes', () => {
    assert.equal(markupOf(html`<p title="${hostile}">x</p>`), `<p title="${escaped}">x</p>`)
    assert.equal(markupOf(html`<p title='${hostile}'>x</p>`), `<p title='${escaped}'>x</p>`)
  })

  it('puts several values into one attribute', () => {
    assert.equal(
      markupOf(html`<p class="a ${'b'} ${'c'}" id="d">x</p>`),
      '<p class="a b c" id="d">x</p>',
    )
  })

  it('refuses markup and lists', () => {
    assert.throws(() => html`<p title="${html`<b>x</b>`}">x</p>`, /only text and numbers/)
    assert.throws(() => html`<p title="${['x']}">x</p>`, /only text and numbers/)
  })

  it('refuses a value without quotes, as a name and as a tag', () => {
    assert.throws(() => html`<p title=${'x'}>x</p>`, /not quoted/)
    assert.throws(() => html`<p ${'onclick'}="x">x</p>`, /inside the tag of <p>/)
    assert.throws(() => html`<${'p'}>x</p>`, /no whole tag/)
    assert.throws(() => html`<p${'x'}>x</p>`, /inside the tag of <p>/)
  })

  it('refuses attributes that a browser runs or styles with', () => {
    assert.throws(() => html`<p onclick="${'x'}">x</p>`, /attribute onclick/)
    assert.throws(() => html`<p ONCLICK="${'x'}">x</p>`, /attribute onclick/)
    assert.throws(() => html`<p style="color: ${'x'}">x</p>`, /attribute style/)
    assert.throws(() => html`<iframe srcdoc="${'x'}"></iframe>`, /attribute srcdoc/)
  })
})

describe('values in addresses', () => {
  for (const address of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\t//evil.example',
    '/\n/evil.example',
  ]) {
    it(`refuses ${JSON.stringify(address)}`, () => {
      assert.throws(() => html`<a href="${address}">x</a>`, /is refused/)
      assert.throws(() => html`<form action="${address}"></form>`, /is refused/)
    })
  }

  it('refuses an address that only the value makes foreign', () => {
    assert.throws(() => html`<a href="/${'/evil.example'}">x</a>`, /is refused/)
    assert.throws(() => html`<a href="${'java'}script:x">x</a>`, /is refused/)
  })

  it('takes one address for a set, which is judged, and no second one beside it', () => {
    assert.equal(markupOf(html`<source srcset="${'/a.png'}">`), '<source srcset="/a.png">')
    assert.throws(() => html`<source srcset="${'//evil.example/a.png'}">`, /is refused/)
    for (const pair of ['/a.png, //evil.example/b.png', '/a.png 2x', '/a.png,/b.png'])
      assert.throws(() => html`<source srcset="${pair}">`, /one address/)
  })

  for (const address of [
    '/a',
    'a/b:c',
    '#a:b',
    '?a=b:c',
    'https://a.example/?b',
    'mailto:a@b.example',
    '',
  ])
    it(`keeps ${JSON.stringify(address)}`, () => {
      assert.equal(markupOf(html`<a href="${address}">x</a>`), `<a href="${address}">x</a>`)
    })
})

describe('places where nothing can be put', () => {
  it('refuses scripts, styles and comments', () => {
    assert.throws(() => html`<script>let a = ${'1'}</script>`, /raw text of <script>/)
    assert.throws(() => html`<SCRIPT>let a = "${'1'}"</SCRIPT>`, /raw text of <script>/)
    assert.throws(() => html`<style>p { color: ${'red'} }</style>`, /raw text of <style>/)
    assert.throws(() => html`<!-- ${'x'} -->`, /no whole tag/)
  })

  it('goes on after a script and a comment that are whole', () => {
    const page = html`<script>if (1 < 2) {}</script><!-- a < b --><p>${'<'}</p>`
    assert.equal(markupOf(page), '<script>if (1 < 2) {}</script><!-- a < b --><p>&lt;</p>')
  })

  it('lets the source of a script be an address', () => {
    assert.equal(
      markupOf(html`<script src="${'/a.js'}"></script>`),
      '<script src="/a.js"></script>',
    )
  })

  it('refuses a template that is not whole', () => {
    assert.throws(() => html`<p title="x`, /ends inside a value/)
    assert.throws(() => html`<p`, /ends inside a tag/)
    assert.throws(() => html`<script>`, /ends inside a raw text/)
    assert.throws(() => html`a < b`, /write &lt;/)
  })
})

describe('inline styles', () => {
  it('names the hash of exactly what stands in the element', () => {
    const { element, cspSource } = inlineStyle('p{}')
    const hash = createHash('sha256').update('p{}').digest('base64')
    assert.equal(markupOf(element), '<style>p{}</style>')
    assert.equal(cspSource, `'sha256-${hash}'`)
  })

  it('refuses a stylesheet that would leave its element', () => {
    assert.throws(() => inlineStyle('p{}</style><script>'), /leave its element/)
  })
})

it('never lets a text or an attribute end early, whatever the value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (text, title) => {
      const made = markupOf(html`<p title="${title}">${text}</p>`)
      assert.match(made, /^<p title="[^"<>]*">[^<>]*<\/p>$/)
    }),
  )
})
