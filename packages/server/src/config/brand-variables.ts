/** The variables that give an installation a name and a look of its own, on pages and in mails. */

import { contrastMin, judgeAccent } from '../html/accent.ts'
import type { Scheme } from '../html/design-tokens.ts'
import { type Kind, kind, path, plainText } from './kinds.ts'
import { defaulted, variable } from './variable.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Brand'

/** A colour that can be read on the pages of this scheme, and be read on. */
function accent(scheme: Scheme): Kind<string> {
  const [when, further] = scheme === 'day' ? ['light', 'darker'] : ['dark', 'lighter']
  return kind('a colour as `#rrggbb`', (text) => {
    const hex = text.toLowerCase()
    if (!/^#[0-9a-f]{6}$/u.test(hex))
      return { wrong: 'is not a colour', fix: 'write it as #rrggbb, such as #0b5d75' }
    const unreadable = judgeAccent(hex, scheme)
    if (unreadable === undefined) return { value: hex }
    const { ratio, nearest } = unreadable
    return {
      wrong: `has a contrast of ${ratio}:1 to ${when} pages and the text on buttons; ${contrastMin}:1 is the least that can be read`,
      fix: `write ${nearest}, which has the same hue, or one that is ${further}`,
    }
  })
}

/** An address that people follow, or from which their mail programs take an image. */
const secureUrl: Kind<string> = kind('an https URL', (text) => {
  const parsed = collectorUrl.parse(text)
  if (!('value' in parsed) || parsed.value.startsWith('https:')) return parsed
  return { wrong: 'is not https', fix: 'write https://…' }
})

export const brandVariables = {
  SIGNET_BRAND_NAME: defaulted('Signet', {
    section,
    kind: plainText('a name', 60),
    about: 'What people know the service as: on every page, as the sender of mails and in them.',
  }),
  SIGNET_BRAND_COLOR: variable({
    section,
    kind: accent('day'),
    defaultText: 'the colours of Signet',
    about: `The accent: links, buttons and marks on pages, and the button in mails. Refused where it cannot be read (below ${contrastMin}:1).`,
  }),
  SIGNET_BRAND_COLOR_DARK: variable({
    section,
    kind: accent('night'),
    defaultText: 'made from `SIGNET_BRAND_COLOR`: the same hue, light enough',
    about: 'The accent for people whose device is set to dark.',
  }),
  SIGNET_BRAND_LOGO_FILE: variable({
    section,
    kind: path,
    defaultText: 'the name alone',
    about:
      'Your logo, shown on pages in the place of the name: a PNG, WebP or JPEG file of at most 256 KiB, read at start. It is shown 40 pixels high and 216 wide at the most; twice that many keep it sharp. SVG is not taken, because it is a document that can hold a script.',
  }),
  SIGNET_BRAND_LOGO_DARK_FILE: variable({
    section,
    kind: path,
    defaultText: '`SIGNET_BRAND_LOGO_FILE`',
    about: 'The logo for people whose device is set to dark.',
  }),
  SIGNET_BRAND_LOGO_URL: variable({
    section,
    kind: secureUrl,
    url: 'web',
    defaultText: '`SIGNET_BRAND_LOGO_FILE` from this service, if people reach it by https',
    about: 'An image for the head of mails, about 40 pixels high.',
  }),
  SIGNET_BRAND_PRIVACY_URL: variable({
    section,
    kind: secureUrl,
    url: 'web',
    defaultText: 'no link',
    about: 'What you do with personal data: linked at the foot of every page.',
  }),
  SIGNET_BRAND_TERMS_URL: variable({
    section,
    kind: secureUrl,
    url: 'web',
    defaultText: 'no link',
    about: 'Your terms: linked at the foot of every page.',
  }),
  SIGNET_BRAND_SUPPORT_URL: variable({
    section,
    kind: secureUrl,
    url: 'web',
    defaultText: 'no link',
    about: 'Where people find help: linked at the foot of every page.',
  }),
} as const
