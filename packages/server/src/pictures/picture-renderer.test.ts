import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { openPictureRenderer, type PictureTask } from './picture-renderer.ts'
import { testPicture } from './testing/pictures.ts'

const sides = [64, 256, 512]
const renderer = openPictureRenderer()
after(() => renderer.close())
const { signal } = new AbortController()

async function rendered(bytes: Buffer, fit: PictureTask['fit'] = 'cover') {
  const answer = await renderer.render({ bytes, sides, fit }, signal)
  if ('failure' in answer) assert.fail(answer.failure)
  return answer
}

/** The colour of a place, in quarters of the picture. */
async function colourAt(picture: Buffer, x: number, y: number): Promise<string> {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true })
  const at = (Math.floor(info.height * y) * info.width + Math.floor(info.width * x)) * info.channels
  const [red = 0, , blue = 0] = data.subarray(at, at + 3)
  return red > blue ? 'red' : 'blue'
}

describe('of a picture', () => {
  it('three squares are made, as WebP', async () => {
    const { pictures, blurhash } = await rendered(await testPicture({ width: 300, height: 200 }))
    const found = await Promise.all(pictures.map((each) => sharp(each).metadata()))
    assert.deepEqual(
      found.map(({ format, width, height }) => [format, width, height]),
      sides.map((side) => ['webp', side, side]),
    )
    assert.match(blurhash, /^U.{35}$/)
  })

  it('the whole is kept on a white square, where it is asked for, and nothing shines through', async () => {
    const wide = await sharp({
      create: { width: 400, height: 100, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .composite([{ input: await testPicture({ width: 100, height: 100 }), left: 0, top: 0 }])
      .png()
      .toBuffer()
    const [, picture = Buffer.alloc(0)] = (await rendered(wide, 'contain')).pictures
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true })
    assert.deepEqual([info.width, info.height, info.channels], [256, 256, 3])
    const at = (x: number, y: number) => [
      ...data.subarray((y * 256 + x) * 3, (y * 256 + x) * 3 + 3),
    ]
    for (const [x, y] of [
      [128, 10],
      [200, 128],
      [10, 250],
    ] as const)
      assert.ok(
        at(x, y).every((part) => part > 250),
        `${x} ${y}: ${at(x, y)}`,
      )
    assert.equal(await colourAt(picture, 0.05, 0.4), 'red')
  })

  it('the way the camera was held is undone', async () => {
    const corners = [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.9, 0.9],
      [0.1, 0.9],
    ] as const
    const redCorner = { 1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3 }
    for (const [orientation, red] of Object.entries(redCorner)) {
      const picture = await testPicture({ width: 90, height: 90, orientation: Number(orientation) })
      const { pictures } = await rendered(picture)
      for (const [n, [x, y]] of corners.entries())
        assert.equal(
          await colourAt(pictures[1] ?? picture, x, y),
          n === red ? 'red' : 'blue',
          `orientation ${orientation}, corner ${n}`,
        )
    }
  })

  it('nothing but pixels goes on', async () => {
    const tagged = await sharp(await testPicture({ orientation: 6 }))
      .keepExif()
      .withIccProfile('p3')
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret/></x:xmpmeta>')
      .jpeg()
      .toBuffer()
    assert.ok(tagged.includes('Ada at 51.5N'))
    const unset = {
      exif: undefined,
      icc: undefined,
      xmp: undefined,
      iptc: undefined,
      orientation: undefined,
    }
    for (const picture of (await rendered(tagged)).pictures) {
      const { exif, icc, xmp, iptc, orientation } = await sharp(picture).metadata()
      assert.deepEqual({ exif, icc, xmp, iptc, orientation }, unset)
      for (const word of ['Ada at', 'secret', 'EXIF', 'ICCP', 'XMP '])
        assert.ok(!picture.includes(word))
    }
  })

  it('every colour model is understood', async () => {
    const image = sharp(await testPicture({ format: 'png' }))
    const forms = {
      cmyk: image.clone().toColourspace('cmyk').jpeg(),
      grey: image.clone().greyscale().jpeg(),
      'grey with alpha': image.clone().greyscale().ensureAlpha(0.5).png(),
      'deep with alpha': image.clone().toColourspace('rgb16').ensureAlpha(0.5).png(),
      palette: image.clone().png({ palette: true }),
    }
    for (const [name, form] of Object.entries(forms)) {
      const { pictures } = await rendered(await form.toBuffer())
      const { space, hasAlpha } = await sharp(pictures[2]).metadata()
      assert.deepEqual([space, hasAlpha], ['srgb', name.includes('alpha')], name)
    }
  })
})

describe('refused is', () => {
  it('what cannot be decoded, and the next one is made', async () => {
    const whole = await testPicture({ width: 400, height: 400 })
    const png = await testPicture({ width: 400, height: 400, format: 'png' })
    const bad = [
      whole.subarray(0, whole.length >> 1),
      png.subarray(0, png.length >> 1),
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>'.slice(0, 40),
      ),
      Buffer.alloc(100),
    ]
    for (const bytes of bad) {
      const answer = await renderer.render({ bytes, sides, fit: 'cover' }, signal)
      assert.ok('failure' in answer)
    }
    await rendered(whole)
  })
})

describe('the process that does it', () => {
  const program = fileURLToPath(new URL('./testing/dying-process.ts', import.meta.url))
  const task = (told: string) => ({ bytes: Buffer.from(told), sides: [], fit: 'cover' as const })

  it('may die or hang: that picture is refused, and the next one has another', async () => {
    const dying = openPictureRenderer({ program, timeoutMs: 1_500 })
    for (const told of ['die', 'hang', 'die'])
      assert.ok('failure' in (await dying.render(task(told), signal)))
    const answer = await dying.render(task('environment'), signal)
    assert.ok('failure' in answer && answer.failure.startsWith('{'))
    await dying.close()
  })

  it('knows nothing of the environment of the service', async () => {
    process.env.SIGNET_MASTER_SECRET = 'a canary of the test'
    const asked = openPictureRenderer({ program })
    const answer = await asked.render(task('environment'), signal)
    delete process.env.SIGNET_MASTER_SECRET
    assert.ok('failure' in answer && !answer.failure.includes('canary'))
    await asked.close()
  })

  it('is left alone when the job is taken away', async () => {
    const asked = openPictureRenderer({ program })
    const controller = new AbortController()
    const answer = asked.render(task('hang'), controller.signal)
    controller.abort(new Error('taken away'))
    await assert.rejects(answer, /taken away/)
    await asked.close()
  })

  it('is started for the first picture, and ends when none comes', async () => {
    const running = () =>
      readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
    const before = running().length
    const asked = openPictureRenderer({ program, idleMs: 50 })
    assert.equal(running().length, before)
    await asked.render(task('environment'), signal)
    assert.equal(running().length, before + 1)
    while (running().length > before) await new Promise((resolve) => setTimeout(resolve, 10))
    await asked.close()
  })
})
