/** What an idle server takes: node by itself (RSS), and its embedded Postgres (PSS, because its processes share pages). */

import { setTimeout as wait } from 'node:timers/promises'
import type { Subject } from '../finding.ts'
import { descendants, proportionalMb, residentMb } from '../machine.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import { median } from '../slices.ts'

const idleMs = 3000

export const memory: Subject = {
  name: 'memory',
  about: 'megabytes of an idle server',
  async run({ rounds, progress }) {
    const node: number[] = []
    const postgres: number[] = []
    const dataDir = await createDataDir()
    try {
      for (let round = 0; round < rounds; round += 1) {
        const signet = await startSignet(dataDir.path)
        try {
          await fetch(`${signet.origin}/readyz`)
          await wait(idleMs)
          const others = descendants(signet.pid)
          if (others.length === 0) throw new Error('the server has no Postgres below it')
          node.push(residentMb(signet.pid))
          postgres.push(proportionalMb(others))
        } finally {
          await signet.stop()
        }
        progress(
          `round ${round + 1}/${rounds}  node ${node.at(-1)?.toFixed(0)} MB  Postgres ${postgres.at(-1)?.toFixed(0)} MB`,
        )
      }
    } finally {
      await dataDir.remove()
    }
    const detail = `${idleMs / 1000} s after the first request`
    return [
      {
        what: 'node, idle',
        unit: 'MB',
        goal: { atMost: 150 },
        measured: median(node),
        rounds: node,
        detail: `RSS, ${detail}`,
      },
      {
        what: 'embedded Postgres, idle',
        unit: 'MB',
        goal: { atMost: 60 },
        measured: median(postgres),
        rounds: postgres,
        detail: `PSS of all its processes, ${detail}`,
      },
    ]
  },
}
