/** Pictures for tests, made on the spot. */

import sharp from 'sharp'

export interface PictureOptions {
  width?: number
  height?: number
  format?: 'jpeg' | 'png' | 'webp'
  /** As EXIF has it: 6 is a camera that was turned by a quarter. */
  orientation?: number
}

/** Red in the upper left quarter, blue elsewhere. */
export async function testPicture({
  width = 120,
  height = 80,
  format = 'jpeg',
  orientation,
}: PictureOptions = {}): Promise<Buffer> {
  const red = await sharp({
    create: { width: width >> 1, height: height >> 1, channels: 3, background: '#f00' },
  })
    .png()
    .toBuffer()
  const image = sharp({ create: { width, height, channels: 3, background: '#00f' } })
    .composite([{ input: red, left: 0, top: 0 }])
    .toFormat(format, { quality: 95 })
  if (orientation === undefined) return image.toBuffer()
  const exif = { IFD0: { Copyright: 'Ada at 51.5N 0.1W' } }
  return image.withExif(exif).withMetadata({ orientation }).toBuffer()
}

/** A PNG that claims a size; its pixels are missing. */
export function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT'), pngChunk('IEND')])
}

/** A chunk with a checksum that nobody looks at. */
export function pngChunk(kind: string, content: Buffer = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, Buffer.from(kind, 'latin1'), content, Buffer.alloc(4)])
}

/** What a camera makes: noise on a colour, so that decoding it is real work. */
export function cameraPicture(
  { width, height }: { width: number; height: number },
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 120, sigma: 20 } as const
  return sharp({ create: { width, height, channels: 3, background: '#777', noise } })
    .toFormat(format, format === 'png' ? { compressionLevel: 3 } : { quality: 85 })
    .withMetadata({ orientation: 6 })
    .toBuffer()
}
