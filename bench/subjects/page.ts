/**
 * The sign-in page as somebody sees it who has never been there: when its largest part is painted, how much it moves, and what
 * comes over the wire. A new browser context each time, so that nothing is in a cache.
 *
 * Slow is a telephone on a bad network: 1.6 Mbit/s, 150 ms there and back, a processor of a quarter of the speed.
 *
 * Specs: W3C Largest Contentful Paint, Layout Instability.
 */

import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { markSetUp } from '../../packages/server/src/roles/set-up.sql.ts'
import { launchChromium } from '../../packages/server/src/testing/chromium.ts'
import type { Finding, Subject } from '../finding.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { median } from '../slices.ts'

const visitsPerRound = 3
const bytesPerSecond = 1_600_000 / 8
const roundTripMs = 150
const slowdown = 4
/** What is painted later than this after the page was loaded is not awaited. */
const settledMs = 500

export const page: Subject = {
  name: 'page',
  about: 'the sign-in page in Chromium: largest contentful paint, layout shift, bytes',
  async run({ rounds, progress }) {
    const own = await startOwnPostgres()
    const settings = { ...own.settings, SIGNET_DATA_DIR: own.dataDir }
    const signet = await startSignet(own.dataDir, { settings })
    const { browser, close } = await launchChromium()
    try {
      // Before there is an administrator, every page is the one that makes the first.
      await markSetUp(own.db)
      const address = `${signet.origin}/sign-in`
      const visits = { fast: [] as Visit[], slow: [] as Visit[] }
      await visit(browser, address, false)
      for (let round = 0; round < rounds * visitsPerRound; round += 1) {
        visits.fast.push(await visit(browser, address, false))
        visits.slow.push(await visit(browser, address, true))
        progress(
          `visit ${round + 1}/${rounds * visitsPerRound}  ${visits.fast.at(-1)?.paintedMs.toFixed(0)} ms, slow ${visits.slow.at(-1)?.paintedMs.toFixed(0)} ms`,
        )
      }
      return [
        paintOf(visits.fast, { what: 'largest contentful paint of the sign-in page', atMost: 0.5 }),
        paintOf(visits.slow, { what: 'the same, slow', atMost: 1.8 }),
        shiftOf([...visits.fast, ...visits.slow]),
        ...(await sizes(address)),
      ]
    } finally {
      await close()
      await signet.stop()
      await own.stop()
    }
  },
}

interface Visit {
  paintedMs: number
  shift: number
}

async function visit(browser: Browser, address: string, slow: boolean): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } })
  try {
    const visited = await context.newPage()
    if (slow) await slowDown(visited)
    await visited.addInitScript({ content: watchPaint })
    await visited.goto(address, { waitUntil: 'load' })
    await visited.waitForTimeout(settledMs)
    const seen = (await visited.evaluate('seen')) as Visit
    if (seen.paintedMs === 0) throw new Error('nothing was painted')
    return seen
  } finally {
    await context.close()
  }
}

async function slowDown(visited: Page): Promise<void> {
  const session = await visited.context().newCDPSession(visited)
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: roundTripMs,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  })
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
}

/** Runs in the page, which knows what the largest part is and what has moved. */
const watchPaint = `
  const seen = (globalThis.seen = { paintedMs: 0, shift: 0 })
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true })
  observe('largest-contentful-paint', (entry) => (seen.paintedMs = entry.startTime))
  observe('layout-shift', (entry) => (seen.shift += entry.value))
`

function paintOf(
  visits: readonly Visit[],
  { what, atMost }: { what: string; atMost: number },
): Finding {
  const seconds = visits.map(({ paintedMs }) => paintedMs / 1000)
  return {
    what,
    unit: 's',
    goal: { atMost },
    measured: median(seconds),
    rounds: seconds,
    detail: `${visits.length} visits with an empty cache, 360 by 740 pixels`,
  }
}

function shiftOf(visits: readonly Visit[]): Finding {
  const thousandths = visits.map(({ shift }) => shift * 1000)
  return {
    what: 'cumulative layout shift in thousandths, the worst visit',
    unit: '',
    goal: { atMost: 10 },
    measured: Math.max(...thousandths),
    rounds: thousandths,
    detail: 'fast and slow visits',
  }
}

/** What the document and the scripts that it names take, compressed, in thousands of bytes. */
async function sizes(address: string): Promise<Finding[]> {
  const html = await (await fetch(address)).text()
  if (!html.includes('current-password')) throw new Error('it is not the page for signing in')
  const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, source = '']) => source)
  const texts = await Promise.all(
    scripts.map(async (source) => (await fetch(new URL(source, address))).text()),
  )
  const kilobytes = (text: string) => gzipSync(text).length / 1000
  const size = (what: string, measured: number, atMost: number): Finding => ({
    what,
    unit: 'kB',
    goal: { atMost },
    measured,
    rounds: [measured],
    detail: 'gzip',
  })
  return [
    size('HTML of the sign-in page', kilobytes(html), 14),
    size('its scripts', kilobytes(texts.join('')), 10),
  ]
}
