/**
 * What people know the service as: its name, its accent, its logo and its links. Logos are read and judged here, so that a
 * picture that no browser shows is told at start with everything else.
 *
 * A logo stays as it is: its bytes are those of one still picture, by their header, and are served under the type that this
 * header says. Nobody decodes them but browsers.
 */

import { createHash } from 'node:crypto'
import { type Accent, nightAccent } from '../html/accent.ts'
import { inspectPicture, pictureSentence } from '../pictures/picture-header.ts'
import type { Reading } from './reading.ts'
import { readSmallBytes } from './small-file.ts'
import type { Values } from './variables.ts'

/** What people know the service as. */
export interface BrandSettings {
  readonly name: string
  /** Of the button in mails and of the mark in the tab, as `#rrggbb`. */
  readonly color: string
  /** The colours of pages; missing: those of Signet. */
  readonly accent?: Accent
  readonly logo?: { readonly day: LogoFile; readonly night?: LogoFile }
  /** An image for the head of mails. */
  readonly logoUrl?: string
  readonly privacyUrl?: string
  readonly termsUrl?: string
  readonly supportUrl?: string
}

/** A picture that is served as it is. */
export interface LogoFile {
  readonly bytes: Buffer
  readonly mediaType: string
  /** In pixels. */
  readonly width: number
  readonly height: number
  /** Of its bytes: SHA-256, in base64url. */
  readonly hash: string
}

const usualColor = '#0b5d75'

const logoNames = ['SIGNET_BRAND_LOGO_FILE', 'SIGNET_BRAND_LOGO_DARK_FILE'] as const

/** The logos that the variables name; what is wrong with them is reported. */
export function readLogos(reading: Reading): BrandSettings['logo'] {
  const [day, night] = logoNames.map((name) => readLogo(reading, name))
  return day && { day, ...(night !== undefined && { night }) }
}

function readLogo(reading: Reading, name: (typeof logoNames)[number]): LogoFile | undefined {
  const file = reading.values[name]
  if (file === undefined) return undefined
  const read = readSmallBytes(file, reading.directory)
  if (!('value' in read)) {
    reading.report(name, read.wrong, read.fix)
    return undefined
  }
  const picture = inspectPicture(read.value)
  if ('broken' in picture) {
    const [why = ''] = pictureSentence(picture.broken).split('. ')
    const fix = 'name a still picture as PNG, WebP or JPEG; save a drawing as PNG, 80 pixels high'
    reading.report(name, `names a file that cannot be shown. ${why.replace(/\.$/u, '')}`, fix)
    return undefined
  }
  const { bytes, mediaType, width, height } = picture
  const hash = createHash('sha256').update(bytes).digest('base64url')
  return { bytes, mediaType, width, height, hash }
}

/** What the variables say. */
export function brandSettings(
  values: Values,
  { issuer, logo }: { issuer: string; logo: BrandSettings['logo'] },
): BrandSettings {
  const { SIGNET_BRAND_COLOR: day, SIGNET_BRAND_COLOR_DARK: night } = values
  const { SIGNET_BRAND_PRIVACY_URL: privacyUrl, SIGNET_BRAND_TERMS_URL: termsUrl } = values
  const { SIGNET_BRAND_SUPPORT_URL: supportUrl } = values
  // Mail programs show images from https alone.
  const ownLogoUrl =
    logo === undefined || !issuer.startsWith('https:') ? undefined : `${issuer}${mailLogoPath}`
  const logoUrl = values.SIGNET_BRAND_LOGO_URL ?? ownLogoUrl
  return {
    name: values.SIGNET_BRAND_NAME,
    color: day ?? usualColor,
    ...(day !== undefined && { accent: { day, night: night ?? nightAccent(day) } }),
    ...(logo !== undefined && { logo }),
    ...(logoUrl !== undefined && { logoUrl }),
    ...(privacyUrl !== undefined && { privacyUrl }),
    ...(termsUrl !== undefined && { termsUrl }),
    ...(supportUrl !== undefined && { supportUrl }),
  }
}

/** Where mails find the logo: an address that stays, because mails do, whatever the picture is by then. */
export const mailLogoPath = '/brand/logo'
