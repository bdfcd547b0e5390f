import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { renderPage } from './html.ts'
import { rosette } from './rosette.ts'

const seedOf = (name: string) => createHash('sha256').update(name).digest()
const drawn = (name: string) => renderPage(rosette(seedOf(name), { name: 'r', stroke: 1 }))

it('the same seed draws the same, another one something else', () => {
  assert.equal(drawn('one'), drawn('one'))
  assert.notEqual(drawn('one'), drawn('two'))
})

it('stays within its frame, closes its lines, and is small, whatever the seed', () => {
  for (let index = 0; index < 200; index += 1) {
    const svg = drawn(String(index))
    assert.ok(svg.length < 16_000, String(svg.length))
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/u)
    const paths = [...svg.matchAll(/ d="m([^"]*)z"/gu)].map(([, path = '']) => path)
    assert.equal(paths.length, 3)
    for (const path of paths) {
      const steps = (path.match(/-?(?:\d+\.?\d*|\.\d+)/gu) ?? []).map(Number)
      assert.equal(steps.length % 2, 0)
      let [x, y] = [0, 0]
      for (let at = 0; at < steps.length; at += 2) {
        x += steps[at] ?? 0
        y += steps[at + 1] ?? 0
        assert.ok(Math.hypot(x, y) < 98, `${x} ${y}`)
      }
    }
  }
})
