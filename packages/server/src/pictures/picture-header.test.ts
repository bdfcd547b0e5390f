import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import sharp from 'sharp'
import { inspectPicture } from './picture-header.ts'
import { pngChunk, pngOfSize, testPicture } from './testing/pictures.ts'

let jpeg: Buffer
let png: Buffer
let webp: Buffer
const archive = Buffer.concat([
  Buffer.from('PK\u0003\u0004 an archive PK\u0005\u0006', 'latin1'),
  Buffer.alloc(18),
])

before(async () => {
  jpeg = await testPicture()
  png = await testPicture({ format: 'png' })
  webp = await testPicture({ format: 'webp' })
})

const verdict = (bytes: Buffer) => {
  const found = inspectPicture(bytes)
  return 'broken' in found ? found.broken : [found.width, found.height, found.bytes.length]
}

describe('a picture is read', () => {
  it('as JPEG, PNG and WebP, with its size', () => {
    for (const bytes of [jpeg, png, webp]) assert.deepEqual(verdict(bytes), [120, 80, bytes.length])
  })

  it('in every form that encoders write', async () => {
    const image = sharp(png)
    const forms = [
      image.clone().jpeg({ progressive: true }),
      image.clone().jpeg({ mozjpeg: true }),
      image.clone().greyscale().jpeg(),
      image.clone().toColourspace('cmyk').jpeg(),
      image.clone().png({ progressive: true }),
      image.clone().png({ palette: true }),
      image.clone().webp({ lossless: true }),
      image.clone().ensureAlpha(0.5).webp(),
      image
        .clone()
        .withExif({ IFD0: { Copyright: 'x'.repeat(9_000) } })
        .jpeg(),
      image
        .clone()
        .withExif({ IFD0: { Copyright: 'x' } })
        .webp(),
    ]
    for (const form of forms) {
      const bytes = await form.toBuffer()
      assert.deepEqual(verdict(bytes), [120, 80, bytes.length])
    }
  })

  it('without what cameras append to a JPEG', () => {
    const film = Buffer.from('\0\0\0\u0018ftypmp42 and so on', 'latin1')
    for (const appended of [jpeg, film, Buffer.alloc(100)])
      assert.deepEqual(verdict(Buffer.concat([jpeg, appended])), [120, 80, jpeg.length])
  })
})

describe('refused without decoding a pixel is', () => {
  const text = (content: string) => Buffer.from(content.padEnd(200), 'latin1')

  it('what is no picture of these types, whatever it is called', () => {
    const others = [
      text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      text('<!doctype html><title>x</title>'),
      text('GIF89a'),
      text('%PDF-1.7'),
      text('BM'),
      text('\0\0\0\u001cftypavif'),
      text(' \u00ff\u00d8\u00ff'),
      archive,
      Buffer.alloc(0),
      Buffer.from([0xff, 0xd8, 0xff]),
    ]
    for (const bytes of others) assert.equal(verdict(bytes), 'type')
  })

  it('one that claims too many pixels, or too long a side, or hardly any', async () => {
    for (const [width, height] of [
      [1, 20_000],
      [20_000, 1],
      [16, 15],
      [0, 0],
    ] as const)
      assert.equal(verdict(pngOfSize(width, height)), 'too_small')
    for (const [width, height] of [
      [16, 20_000],
      [10_001, 16],
      [30_000, 30_000],
      [0xffffffff, 0xffffffff],
      [5_001, 5_000],
    ] as const)
      assert.equal(verdict(pngOfSize(width, height)), 'too_large')
    assert.ok(Array.isArray(verdict(pngOfSize(5_000, 5_000))))
    const claiming = Buffer.from(jpeg)
    const frame = claiming.indexOf(Buffer.from([0xff, 0xc0]))
    claiming.writeUInt16BE(65_000, frame + 5)
    assert.equal(verdict(claiming), 'too_large')
  })

  it('one that moves', async () => {
    const moving = await sharp([png, jpeg], { join: { animated: true } })
      .webp()
      .toBuffer()
    assert.equal(verdict(moving), 'animated')
    const frames = pngChunk('acTL', Buffer.from([0, 0, 255, 255, 0, 0, 0, 0]))
    assert.equal(
      verdict(Buffer.concat([png.subarray(0, 33), frames, png.subarray(33)])),
      'animated',
    )
  })

  it('one that another program takes for something else', async () => {
    const comment = Buffer.from('\u00ff\u00fe\u0000\u001b<script>alert(1)</script>', 'latin1')
    const commented = Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)])
    const documented = Buffer.from(commented)
    documented.write('%PDF-1.7', 6, 'latin1')
    for (const bytes of [
      commented,
      documented,
      ...[jpeg, png, webp].map((picture) => Buffer.concat([picture, archive])),
      ...[jpeg, png, webp].map((picture) =>
        Buffer.concat([picture, Buffer.from('<SCRIPT src=x>')]),
      ),
      Buffer.concat([jpeg, jpeg, archive]),
      Buffer.concat([png, Buffer.alloc(1)]),
      Buffer.concat([webp, Buffer.alloc(1)]),
    ])
      assert.equal(verdict(bytes), 'not_only_a_picture')
  })

  it('one that ends too soon, at any byte', () => {
    for (const bytes of [jpeg, png, webp])
      for (let length = 12; length < bytes.length; length += 1)
        assert.equal(verdict(bytes.subarray(0, length)), 'broken', String(length))
  })
})

it('whatever the bytes are, there is an answer', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('jpeg', 'png', 'webp'),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 40 }),
      (format, changes) => {
        const bytes = Buffer.from({ jpeg, png, webp }[format] ?? '')
        for (const [at, value] of changes) bytes[12 + (at % (bytes.length - 12))] = value
        inspectPicture(bytes)
      },
    ),
    { numRuns: 2_000 },
  )
})
