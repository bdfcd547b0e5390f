/**
 * A process of its own that decodes pictures: what strangers send is parsed by native code, and neither a crash nor its memory
 * is the service's. It knows no secret and no address, and ends with the process that started it.
 *
 * A picture is turned as its EXIF data say, cut to a square around its middle or set on a white one, and written as WebP in each size.
 * Nothing of the file but its pixels goes on: no metadata, no profile.
 */

import sharp from 'sharp'
import { blurhash } from './blurhash.ts'
import { pixelsMax } from './picture-header.ts'
import type { PictureAnswer, PictureTask } from './picture-renderer.ts'

const hashedSide = 32
const quality = 80

// One picture at a time, on one core: the others are for sign-ins.
sharp.concurrency(1)
sharp.cache(false)

process.on('message', (task: PictureTask) => {
  render(task).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ failure: error.message }),
  )
})
process.on('disconnect', () => process.exit())
// A terminal tells the whole group to stop; the parent lets this one finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

async function render({ bytes, sides, fit }: PictureTask): Promise<PictureAnswer> {
  const largest = Math.max(...sides)
  const image = sharp(bytes, {
    limitInputPixels: pixelsMax,
    failOn: 'error',
    sequentialRead: true,
    pages: 1,
  })
    .autoOrient()
    .resize(largest, largest, { fit, background: 'white' })
  if (fit === 'contain') image.flatten({ background: 'white' })
  const { data, info } = await image
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const square = () => sharp(data, { raw: { width, height, channels } })
  const pictures: Buffer[] = []
  for (const side of sides)
    pictures.push(await square().resize(side, side).webp({ quality }).toBuffer())
  const small = await square()
    .flatten({ background: 'white' })
    .resize(hashedSide, hashedSide)
    .raw()
    .toBuffer()
  const hash = blurhash(small, { width: hashedSide, height: hashedSide }, [4, 4])
  return { pictures, blurhash: hash }
}
