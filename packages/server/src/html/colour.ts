/**
 * Colours as screens show them (`#rrggbb`) and as people see them (OKLCH), and how well one can be read on another.
 *
 * Specs: CSS Color Module Level 4 §9.2 and §10 (OKLCH, conversions), WCAG 2.2 §1.4.3 (relative luminance, contrast ratio).
 */

/** `lightness` from 0 to 1, `chroma` from 0 (grey) to about 0.37, `hue` in degrees. */
export interface Oklch {
  lightness: number
  chroma: number
  hue: number
}

type Triple = readonly [number, number, number]

/** The contrast ratio of two colours as `#rrggbb`: from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(hex: string): number {
  const [red, green, blue] = linearOf(hex)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** A colour as people see it. */
export function oklchOf(hex: string): Oklch {
  const [red, green, blue] = linearOf(hex)
  const [long, medium, short] = [
    0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
    0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
    0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
  ].map(Math.cbrt) as [number, number, number]
  const a = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short
  const b = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short
  return {
    lightness: 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    chroma: Math.hypot(a, b),
    hue: (Math.atan2(b, a) * 180) / Math.PI,
  }
}

/** A colour as screens show it. What no screen can show becomes paler until one can. */
export function hexOf({ lightness, chroma, hue }: Oklch): string {
  for (let shown = chroma; shown > 0; shown -= 0.002) {
    const linear = linearOklch({ lightness, chroma: shown, hue })
    if (linear.every((part) => part > -0.0005 && part < 1.0005)) return encoded(linear)
  }
  return encoded(linearOklch({ lightness, chroma: 0, hue }))
}

function linearOklch({ lightness, chroma, hue }: Oklch): Triple {
  const [a, b] = [
    chroma * Math.cos((hue * Math.PI) / 180),
    chroma * Math.sin((hue * Math.PI) / 180),
  ]
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]
}

/** Red, green and blue as light adds them up, from 0 to 1. */
function linearOf(hex: string): Triple {
  const parts = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return parts as unknown as Triple
}

function encoded(linear: Triple): string {
  const parts = linear.map((part) => {
    const within = Math.min(1, Math.max(0, part))
    const shown = within <= 0.0031308 ? within * 12.92 : 1.055 * within ** (1 / 2.4) - 0.055
    return Math.round(shown * 255)
      .toString(16)
      .padStart(2, '0')
  })
  return `#${parts.join('')}`
}
