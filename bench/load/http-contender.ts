/** A contender that answers HTTP: load from one process on a server in another. */

import type { Child } from '../child.ts'
import { startCpuClock } from '../machine.ts'
import type { Contender, Slice } from '../slices.ts'
import type { HttpLoad } from './http-load.ts'
import type { HttpRequest } from './http-message.ts'

interface HttpTarget {
  name: string
  origin: string
  /** Of the server and what works for it, for their processor time. */
  pids: readonly number[]
  requests: HttpRequest[]
  connections: number
  /** The load keeps a core to itself: for servers that need no more than one, and of whom the processor time is compared. */
  awake?: boolean
}

/** The server at `origin` under load from `load`, a child that runs http-load.ts. */
export function httpContender(load: Child, target: HttpTarget): Contender {
  const { name, pids, ...asked } = target
  return {
    name,
    async run(seconds) {
      const question: HttpLoad = { ...asked, seconds }
      const cpu = startCpuClock(pids)
      const slice = await load.ask<Slice>(question)
      return { ...slice, cpuSeconds: cpu() }
    },
  }
}
