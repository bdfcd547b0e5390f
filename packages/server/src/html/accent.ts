/**
 * The accent of an installation: the one colour of its own that links, buttons and marks have on every page.
 *
 * It is judged before it is used. By day it must be dark enough to be read on the page, and to be read on; by night it must
 * be light enough. What cannot be read is refused with the nearest colour that can. The accent for the night is made from the
 * one for the day, unless it is given.
 *
 * Specs: WCAG 2.2 §1.4.3 (4.5:1).
 */

import { contrast, hexOf, type Oklch, oklchOf } from './colour.ts'
import { type Scheme, tokenOf } from './design-tokens.ts'

/** The least contrast of text. */
export const contrastMin = 4.5

/** As `#rrggbb`. */
export interface Accent {
  readonly day: string
  readonly night: string
}

/** Why a colour cannot be the accent, and the nearest one that can. */
export interface UnreadableAccent {
  /** The worst contrast that was found, rounded down to two places. */
  ratio: number
  nearest: string
}

/** The tokens that an accent stands beside: what it is read on, and what is read on it. */
const neighbours = ['paper', 'sheet', 'on-intaglio'] as const

/** How much lighter the colour becomes until it can be read. */
const steps = { day: -0.005, night: 0.005 } as const

/** Judges a colour; undefined where it can be read. */
export function judgeAccent(hex: string, scheme: Scheme): UnreadableAccent | undefined {
  const found = readability(hex, scheme)
  if (found >= contrastMin) return undefined
  const wanted = oklchOf(hex)
  let nearest = hex
  for (let n = 1; readability(nearest, scheme) < contrastMin; n += 1) {
    const lightness = Math.min(1, Math.max(0, wanted.lightness + n * steps[scheme]))
    nearest = hexOf({ ...wanted, lightness })
  }
  return { ratio: Math.floor(found * 100) / 100, nearest }
}

function readability(hex: string, scheme: Scheme): number {
  return Math.min(...neighbours.map((name) => contrast(hex, hexOf(tokenOf(scheme, name)))))
}

/** The accent for the night that goes with one for the day: its hue, as light as our own. */
export function nightAccent(day: string): string {
  const { lightness } = tokenOf('night', 'intaglio')
  return hexOf({ ...oklchOf(day), lightness })
}

/** The stylesheet that puts an accent in the place of ours. */
export function accentStylesheet({ day, night }: Accent): string {
  return `:root { ${properties(day, 'day')} }
@media (prefers-color-scheme: dark) { :root { ${properties(night, 'night')} } }
`
}

function properties(accent: string, scheme: Scheme): string {
  const strong = strongerThan(accent, scheme)
  return [
    `--intaglio: ${accent};`,
    `--intaglio-strong: ${strong};`,
    `--intaglio-tint: ${tintOf(accent, scheme)};`,
    `--focus: ${strong};`,
  ].join(' ')
}

/** Under the pointer: as much darker by day, and lighter by night, as our own. */
function strongerThan(accent: string, scheme: Scheme): string {
  const own = oklchOf(accent)
  const change =
    tokenOf(scheme, 'intaglio-strong').lightness - tokenOf(scheme, 'intaglio').lightness
  return hexOf({ ...own, lightness: Math.min(1, Math.max(0, own.lightness + change)) })
}

/** A ground for words in the accent: as pale as our own, or as much paler as it takes to read them. */
function tintOf(accent: string, scheme: Scheme): string {
  const { hue } = oklchOf(accent)
  const ours = tokenOf(scheme, 'intaglio-tint')
  const chroma = Math.min(ours.chroma, oklchOf(accent).chroma)
  const limit = tokenOf(scheme, scheme === 'day' ? 'sheet' : 'sunk').lightness
  const step = -steps[scheme]
  const paler = (lightness: number): Oklch => ({ lightness, chroma, hue })
  let { lightness } = ours
  while (contrast(accent, hexOf(paler(lightness))) < contrastMin && step * (limit - lightness) > 0)
    lightness += step
  return hexOf(paler(lightness))
}
