/**
 * Rosettes: engraved guilloché as on banknotes, drawn from what names an installation or a key, so that each has a face of its
 * own without an upload.
 *
 * It decorates and proves nothing: anybody can copy a drawing. The same seed always draws the same.
 */

import { type Html, html } from './html.ts'

interface Ring {
  inner: number
  outer: number
  lobes: number
  copies: number
}

/** An SVG of three rings, as markup. `seed` has 16 bytes or more; `name` makes the ids of its parts, so that two fit on a page. */
export function rosette(seed: Buffer, { name, stroke }: { name: string; stroke: number }): Html {
  const byte = (at: number) => seed.readUInt8(at % seed.length)
  const rings: Ring[] = [
    { inner: 46, outer: 97, lobes: 3 + (byte(0) % 6), copies: 9 + (byte(1) % 8) },
    { inner: 26, outer: 52, lobes: 5 + (byte(5) % 9), copies: 6 + (byte(6) % 4) },
    { inner: 9, outer: 27, lobes: 5 + (byte(10) % 9), copies: 6 + (byte(11) % 4) },
  ]
  const turn = Math.round((byte(15) / 256) * 360)
  return html`<svg class="rosette" viewBox="-100 -100 200 200" width="430" height="430" fill="none" stroke="url(#${name}-ink)" stroke-width="${stroke}" aria-hidden="true" focusable="false"><defs><linearGradient id="${name}-ink" gradientUnits="userSpaceOnUse" x1="-100" y1="0" x2="100" y2="0" gradientTransform="rotate(${turn})"><stop class="iris-a" offset="0"/><stop class="iris-b" offset=".5"/><stop class="iris-c" offset="1"/></linearGradient></defs>${rings.map(
    (ring, place) =>
      drawn(
        ring,
        `${name}-${place}`,
        [2, 3, 4].map((at) => byte(place * 5 + at) / 256),
      ),
  )}</svg>`
}

/** One closed line, and its copies, each turned a little further. */
function drawn({ inner, outer, lobes, copies }: Ring, id: string, harmonics: number[]): Html {
  const [a = 0, b = 0, c = 0] = harmonics
  const [second, third, phase] = [0.15 + 0.5 * a, 0.35 * b, 2 * Math.PI * c]
  const points = Math.max(240, 44 * lobes)
  const path: number[][] = Array.from({ length: points }, (_, index) => {
    const angle = (2 * Math.PI * index) / points
    const wave =
      Math.cos(lobes * angle) +
      second * Math.cos(2 * lobes * angle + phase) +
      third * Math.cos(3 * lobes * angle - phase)
    const radius = (inner + outer) / 2 + (((outer - inner) / 2) * wave) / (1 + second + third)
    return [radius * Math.cos(angle), radius * Math.sin(angle)].map((at) => Math.round(at * 10))
  })
  const step = 360 / (lobes * copies)
  const turned = Array.from({ length: copies - 1 }, (_, index) => {
    const by = ((index + 1) * step).toFixed(2)
    return html`<use href="#${id}" transform="rotate(${by})"/>`
  })
  return html`<path id="${id}" d="${closedLine(path)}"/>${turned}`
}

/** A closed line through points in tenths: from one to the next, which is shorter to write than where each is. */
function closedLine(points: readonly (readonly number[])[]): string {
  let [x, y] = [0, 0]
  const steps = points.map(([toX = 0, toY = 0]) => {
    const step = [toX - x, toY - y].map((tenths) => String(tenths / 10).replace(/^(-?)0\./u, '$1.'))
    x = toX
    y = toY
    return step.join(' ').replace(' -', '-')
  })
  return `m${steps.join(' ').replaceAll(' -', '-')}z`
}
