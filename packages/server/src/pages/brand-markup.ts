/**
 * What an installation brings of its own to every page: the stylesheet of its accent, its logo by day and by night, and the mark in the
 * tab.
 *
 * The addresses of all name their content, so a browser keeps them for good and gets others with the next page after a change.
 */

import { createHash } from 'node:crypto'
import type { BrandSettings, LogoFile } from '../config/brand-settings.ts'
import { accentStylesheet } from '../html/accent.ts'
import { type Html, html } from '../html/html.ts'
import { tabMark } from '../html/tab-mark.ts'

/** What of it stands in a page. */
export interface BrandMarkup {
  /** The link to the stylesheet; it comes after the one of all installations. */
  stylesheet: Html | undefined
  /** The link to the mark in the tab. */
  icon: Html
  /** The logo, or the name where there is none. */
  heading: Html
}

/** The sides of the place for the logo, in CSS pixels. */
const logoHeight = 40
const logoWidthMax = 216

/** What stands in every page. */
export function brandMarkup(brand: BrandSettings): BrandMarkup {
  const stylesheet = accentFile(brand)
  return {
    stylesheet: stylesheet && html`<link rel="stylesheet" href="${stylesheet.path}">`,
    icon: html`<link rel="icon" type="image/svg+xml" href="${iconFile(brand).path}">`,
    heading: headingOf(brand),
  }
}

function headingOf({ name, logo }: BrandSettings): Html {
  if (logo === undefined) return html`<p class="brand">${name}</p>`
  const { day, night } = logo
  const [width, height] = shownSize(day)
  return html`<p class="brand"><picture>${night && nightSource(night)}<img class="logo" src="${brandLogoPath(day)}" width="${width}" height="${height}" alt="${name}"></picture></p>`
}

function nightSource(night: LogoFile): Html {
  const [width, height] = shownSize(night)
  return html`<source media="(prefers-color-scheme: dark)" srcset="${brandLogoPath(night)}" width="${width}" height="${height}">`
}

/** Forty pixels high, or less where that would be too wide. */
function shownSize({ width, height }: LogoFile): [width: number, height: number] {
  const scale = Math.min(logoHeight / height, logoWidthMax / width)
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/** A text under an address that names its content. */
export interface BrandFile {
  path: string
  text: string
}

/** The stylesheet of the accent; undefined where the installation has none of its own. */
export function accentFile({ accent }: BrandSettings): BrandFile | undefined {
  return accent && named(accentStylesheet(accent), 'css')
}

/** The mark in the tab. */
export function iconFile({ color }: BrandSettings): BrandFile {
  return named(tabMark(color), 'svg')
}

function named(text: string, extension: string): BrandFile {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return { path: `/brand/${digest}.${extension}`, text }
}

/** Where a logo of the installation is served. */
export function brandLogoPath({ hash, mediaType }: LogoFile): string {
  return `/brand/${hash}.${mediaType.replace('image/', '')}`
}
