/**
 * BlurHash: a picture in some thirty characters, to show while it is loaded.
 *
 * The picture is taken apart into a few cosine waves in linear light. The first is the mean colour, stored as sRGB; the
 * others are stored in 19 steps for each channel, relative to the strongest.
 *
 * Specs: BlurHash algorithm (woltapp/blurhash, Algorithm.md).
 */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~'

type Colour = readonly [number, number, number]

/** The hash of pixels as RGB bytes, row by row, with so many waves across and down (1 to 9 each). */
export function blurhash(
  rgb: Uint8Array,
  { width, height }: { width: number; height: number },
  [across, down]: readonly [number, number],
): string {
  const linear = Float64Array.from(rgb, toLinear)
  const waves: Colour[] = []
  for (let y = 0; y < down; y += 1)
    for (let x = 0; x < across; x += 1) waves.push(wave(linear, { width, height }, [x, y]))
  const [mean = [0, 0, 0], ...others] = waves
  const strongest = Math.max(0, ...others.flat().map(Math.abs))
  const step = others.length === 0 ? 0 : clamp(Math.floor(strongest * 166 - 0.5), 82)
  const scale = others.length === 0 ? 1 : (step + 1) / 166
  return [
    base83(across - 1 + (down - 1) * 9, 1),
    base83(step, 1),
    base83(meanValue(mean), 4),
    ...others.map((colour) => base83(waveValue(colour, scale), 2)),
  ].join('')
}

function wave(
  linear: Float64Array,
  { width, height }: { width: number; height: number },
  [across, down]: readonly [number, number],
): Colour {
  const sums: [number, number, number] = [0, 0, 0]
  for (let y = 0; y < height; y += 1) {
    const vertical = Math.cos((Math.PI * down * y) / height)
    for (let x = 0; x < width; x += 1) {
      const weight = vertical * Math.cos((Math.PI * across * x) / width)
      const at = 3 * (y * width + x)
      sums[0] += weight * (linear[at] ?? 0)
      sums[1] += weight * (linear[at + 1] ?? 0)
      sums[2] += weight * (linear[at + 2] ?? 0)
    }
  }
  const norm = (across === 0 && down === 0 ? 1 : 2) / (width * height)
  return [sums[0] * norm, sums[1] * norm, sums[2] * norm]
}

function meanValue([red, green, blue]: Colour): number {
  return (toSrgb(red) << 16) + (toSrgb(green) << 8) + toSrgb(blue)
}

function waveValue(colour: Colour, scale: number): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / scale
    return clamp(Math.floor(Math.sign(part) * Math.abs(part) ** 0.5 * 9 + 9.5), 18)
  }) as [number, number, number]
  return red * 19 * 19 + green * 19 + blue
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(max, value))
}

function base83(value: number, length: number): string {
  let text = ''
  for (let rest = value, n = 0; n < length; n += 1, rest = Math.floor(rest / 83))
    text = (digits[rest % 83] ?? '') + text
  return text
}

function toLinear(byte: number): number {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

function toSrgb(linear: number): number {
  const value = clamp(linear, 1)
  const encoded = value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
  return Math.trunc(encoded * 255 + 0.5)
}
