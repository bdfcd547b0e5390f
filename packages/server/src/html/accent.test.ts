import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { accentStylesheet, contrastMin, judgeAccent, nightAccent } from './accent.ts'
import { contrast, hexOf, oklchOf } from './colour.ts'
import { type Scheme, tokenOf } from './design-tokens.ts'

const someColour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((number) => `#${number.toString(16).padStart(6, '0')}`)

/** The properties that a stylesheet sets in one scheme. */
function propertiesIn(css: string, scheme: Scheme): Record<string, string> {
  const [day = '', night = ''] = css.split('@media (prefers-color-scheme: dark)')
  const found = (scheme === 'day' ? day : night).matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]))
}

const ground = (scheme: Scheme, name: string) => hexOf(tokenOf(scheme, name))

describe('colours', () => {
  it('are as far apart as the specification says', () => {
    assert.equal(contrast('#000000', '#ffffff'), 21)
    assert.equal(contrast('#777777', '#777777'), 1)
    assert.equal(contrast('#ffffff', '#767676').toFixed(2), '4.54')
    assert.equal(contrast('#767676', '#ffffff'), contrast('#ffffff', '#767676'))
  })

  it('come back from OKLCH as they were', () => {
    fc.assert(
      fc.property(someColour, (hex) => {
        const back = hexOf(oklchOf(hex))
        for (const at of [1, 3, 5]) {
          const part = (text: string) => Number.parseInt(text.slice(at, at + 2), 16)
          // A colour on the edge of what a screen shows may come back a touch paler.
          assert.ok(Math.abs(part(hex) - part(back)) <= 5, `${hex} came back as ${back}`)
        }
      }),
    )
    assert.equal(hexOf(tokenOf('day', 'intaglio')), '#0d596d')
  })

  it('that no screen shows become paler, and stay as light', () => {
    const shown = oklchOf(hexOf({ lightness: 0.8, chroma: 0.37, hue: 25 }))
    assert.equal(shown.lightness.toFixed(2), '0.80')
    assert.ok(shown.chroma < 0.2)
  })
})

describe('an accent', () => {
  it('is refused with how little contrast it has, and the nearest colour that has enough', () => {
    assert.equal(judgeAccent('#0b5d75', 'day'), undefined)
    assert.deepEqual(judgeAccent('#ffcc00', 'day'), { ratio: 1.39, nearest: '#896c02' })
    assert.deepEqual(judgeAccent('#ffffff', 'day'), { ratio: 1.01, nearest: '#717171' })
    assert.deepEqual(judgeAccent('#0b5d75', 'night'), { ratio: 2.19, nearest: '#4b91aa' })
    assert.equal(judgeAccent('#ffcc00', 'night'), undefined)
  })

  it('that was named instead of a refused one is taken', () => {
    fc.assert(
      fc.property(someColour, fc.constantFrom('day', 'night'), (hex, scheme) => {
        const nearest = judgeAccent(hex, scheme)?.nearest
        if (nearest !== undefined) assert.equal(judgeAccent(nearest, scheme), undefined, hex)
      }),
    )
  })

  it('has one for the night that can be read, whatever it is', () => {
    fc.assert(
      fc.property(someColour, (hex) => {
        assert.equal(judgeAccent(nightAccent(hex), 'night'), undefined)
      }),
    )
  })

  it('and all that is made from it can be read wherever it stands', () => {
    fc.assert(
      fc.property(someColour, (hex) => {
        const day = judgeAccent(hex, 'day')?.nearest ?? hex
        const css = accentStylesheet({ day, night: judgeAccent(hex, 'night')?.nearest ?? hex })
        for (const scheme of ['day', 'night'] as const) {
          const made = propertiesIn(css, scheme)
          const { intaglio = '', 'intaglio-strong': strong = '', 'intaglio-tint': tint = '' } = made
          for (const [text, on] of [
            [intaglio, tint],
            [strong, tint],
            ...['paper', 'sheet', 'on-intaglio'].flatMap((name) => [
              [intaglio, ground(scheme, name)],
              [strong, ground(scheme, name)],
            ]),
          ] as [string, string][])
            assert.ok(contrast(text, on) >= contrastMin, `${hex} by ${scheme}: ${text} on ${on}`)
        }
      }),
    )
  })
})
