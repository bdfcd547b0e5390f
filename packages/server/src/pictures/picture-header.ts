/**
 * What a file says about the picture in it, read without decoding a pixel: its type, its size, and whether it is one picture
 * and nothing else. A file that claims more than is allowed costs no more than this look.
 *
 * The type is what the first bytes are; nobody's word for it counts. What another program would take for something else (an
 * archive, a document, markup) is refused, although nothing but pixels ever leaves here again. Bytes after a JPEG are dropped:
 * cameras append films and depth maps.
 *
 * Errors: none thrown; the rule that is broken is returned.
 * Specs: ISO/IEC 10918-1 Annex B (JPEG), PNG 3rd edition §5 and §11.3.4 (acTL), RFC 9649 (WebP).
 */

export type PictureRule = keyof typeof sentences

/** The bytes of one still picture. */
export interface StillPicture {
  bytes: Buffer
  mediaType: string
  width: number
  height: number
}

/** Pixels that are decoded at the most: what cameras make, and a second of work. */
export const pixelsMax = 25_000_000
const sideMax = 10_000
const sideMin = 16

const sentences = {
  type: 'This is not a picture that is read here. Send a JPEG, PNG or WebP file.',
  broken: 'The file is damaged. Save the picture once more and send that file.',
  animated: 'Pictures that move are not accepted. Send a still one.',
  too_small: `The picture is too small: each side needs ${sideMin} pixels or more.`,
  too_large: `The picture is too large: ${sideMax} pixels a side and ${pixelsMax / 1e6} million pixels are the most.`,
  not_only_a_picture: 'The file holds more than a picture. Save the picture alone and send that.',
} as const

/** Why a picture is refused, for whoever sent it. */
export function pictureSentence(rule: PictureRule): string {
  return sentences[rule]
}

/** Looks at a file. */
export function inspectPicture(bytes: Buffer): StillPicture | { broken: PictureRule } {
  const format = formatOf(bytes)
  if (format === undefined) return { broken: 'type' }
  const found = format.read(bytes)
  if ('broken' in found) return found
  const { width, height, end } = found
  if (isSomethingElse(bytes, end)) return { broken: 'not_only_a_picture' }
  const shorter = Math.min(width, height)
  if (shorter < sideMin) return { broken: 'too_small' }
  if (Math.max(width, height) > sideMax || width * height > pixelsMax)
    return { broken: 'too_large' }
  return { bytes: bytes.subarray(0, end), mediaType: format.mediaType, width, height }
}

interface Found {
  width: number
  height: number
  /** Where the picture ends. */
  end: number
}
type Reader = (bytes: Buffer) => Found | { broken: PictureRule }

const broken = { broken: 'broken' } as const
const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex')

function formatOf(bytes: Buffer): { mediaType: string; read: Reader } | undefined {
  if (bytes.length < 12) return undefined
  if (bytes.readUIntBE(0, 3) === 0xffd8ff) return { mediaType: 'image/jpeg', read: readJpeg }
  if (bytes.subarray(0, 8).equals(pngSignature)) return { mediaType: 'image/png', read: readPng }
  const isWebp = textAt(bytes, 0) === 'RIFF' && textAt(bytes, 8) === 'WEBP'
  return isWebp ? { mediaType: 'image/webp', read: readWebp } : undefined
}

/** Four bytes as text. */
function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4)
}

function readPng(bytes: Buffer): Found | { broken: PictureRule } {
  if (bytes.length < 33 || textAt(bytes, 12) !== 'IHDR') return broken
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  for (let at = 8; at + 12 <= bytes.length; ) {
    const kind = textAt(bytes, at + 4)
    if (kind === 'acTL') return { broken: 'animated' }
    at += 12 + bytes.readUInt32BE(at)
    if (kind !== 'IEND') continue
    return at === bytes.length ? { width, height, end: at } : { broken: 'not_only_a_picture' }
  }
  return broken
}

function readWebp(bytes: Buffer): Found | { broken: PictureRule } {
  const end = 8 + bytes.readUInt32LE(4)
  if (end > bytes.length) return broken
  if (end < bytes.length) return { broken: 'not_only_a_picture' }
  let [width, height] = [0, 0]
  for (let at = 12; at + 8 <= end; ) {
    const kind = textAt(bytes, at)
    const length = bytes.readUInt32LE(at + 4)
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (kind === 'ANIM' || kind === 'ANMF') return { broken: 'animated' }
    const size = webpSize(kind, content)
    if (size === undefined) return broken
    width = Math.max(width, size[0])
    height = Math.max(height, size[1])
    at += 8 + length + (length % 2)
  }
  return width === 0 ? broken : { width, height, end }
}

/** What a chunk says about the size: nothing, for most. Undefined where it cannot be. */
function webpSize(kind: string, content: Buffer): [number, number] | undefined {
  if (kind !== 'VP8X' && kind !== 'VP8 ' && kind !== 'VP8L') return [0, 0]
  if (content.length < 10) return undefined
  if (kind === 'VP8X') return [content.readUIntLE(4, 3) + 1, content.readUIntLE(7, 3) + 1]
  if (kind === 'VP8 ') {
    if (content.readUIntBE(3, 3) !== 0x9d012a) return undefined
    return [content.readUInt16LE(6) & 0x3fff, content.readUInt16LE(8) & 0x3fff]
  }
  if (content[0] !== 0x2f) return undefined
  const bits = content.readUInt32LE(1)
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
}

const startOfScan = 0xda
const endOfImage = 0xd9

function readJpeg(bytes: Buffer): Found | { broken: PictureRule } {
  let size: { width: number; height: number } | undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return broken
    const marker = bytes[at + 1] ?? 0
    // Any number of fill bytes may come before a marker.
    if (marker === 0xff) {
      at += 1
      continue
    }
    const length = bytes.readUInt16BE(at + 2)
    if (isFrame(marker)) {
      if (size !== undefined || length < 8 || at + 9 > bytes.length) return broken
      size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    }
    at += 2 + length
    if (marker !== startOfScan) continue
    const next = nextMarker(bytes, at)
    if (next === undefined || size === undefined) return broken
    if (bytes[next + 1] === endOfImage) return { ...size, end: next + 2 }
    at = next
  }
  return broken
}

/** SOF0 to SOF15; among them stand three that are none. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
}

/** Where the coded pixels end: at the first marker that is no restart. */
function nextMarker(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1]
    if (marker === undefined) return undefined
    const isRestart = marker >= 0xd0 && marker <= 0xd7
    if (marker !== 0 && marker !== 0xff && !isRestart) return at
  }
  return undefined
}

const headBytes = 1024
// The end record of an archive, with the longest comment.
const archiveTailBytes = 22 + 0xffff
const markup = /<\s*(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml-stylesheet)/i
const archiveEnd = Buffer.from('PK\u0005\u0006', 'latin1')

/** Whether another program would find something else in the file: markup, a document, an archive. */
function isSomethingElse(bytes: Buffer, end: number): boolean {
  const head = bytes.toString('latin1', 0, headBytes)
  if (markup.test(head) || head.includes('%PDF-')) return true
  if (markup.test(bytes.toString('latin1', end))) return true
  return bytes.subarray(-archiveTailBytes).includes(archiveEnd)
}
