/** From the start of the process to the first answer of /livez: on an empty directory, and again on the one it left. */

import type { Finding, Subject } from '../finding.ts'
import { cpuSeconds } from '../machine.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import { median } from '../slices.ts'

export const start: Subject = {
  name: 'start',
  about: 'seconds from nothing to the first 200',
  async run({ rounds, progress }) {
    const first: Start[] = []
    const later: Start[] = []
    for (let round = 0; round < rounds; round += 1) {
      const dataDir = await createDataDir()
      try {
        first.push(await measureStart(dataDir.path))
        later.push(await measureStart(dataDir.path))
      } finally {
        await dataDir.remove()
      }
      progress(
        `round ${round + 1}/${rounds}  first ${first.at(-1)?.seconds.toFixed(2)} s  later ${later.at(-1)?.seconds.toFixed(2)} s`,
      )
    }
    return [
      finding('first start, empty directory, to the first 200', first, 2),
      finding('later start, to the first 200', later, 0.6),
    ]
  },
}

interface Start {
  seconds: number
  /** Processor seconds of node alone. */
  cpu: number
}

async function measureStart(dataDir: string): Promise<Start> {
  const startedAt = performance.now()
  const signet = await startSignet(dataDir)
  try {
    const response = await fetch(`${signet.origin}/livez`)
    if (response.status !== 200) throw new Error(`/livez answered ${response.status}`)
    return { seconds: (performance.now() - startedAt) / 1000, cpu: cpuSeconds(signet.pid) }
  } finally {
    await signet.stop()
  }
}

function finding(what: string, starts: Start[], atMost: number): Finding {
  const seconds = starts.map((each) => each.seconds)
  return {
    what,
    unit: 's',
    goal: { atMost },
    measured: median(seconds),
    rounds: seconds,
    detail: `embedded Postgres included; node used ${median(starts.map(({ cpu }) => cpu)).toFixed(2)} processor seconds`,
  }
}
