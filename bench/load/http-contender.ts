/** A contender that answers HTTP: load from one process on a server in another. */

import type { Child } from '../child.ts'
import { cpuSeconds } from '../machine.ts'
import type { Contender, Slice } from '../slices.ts'
import type { HttpLoad, HttpRequest } from './http-load.ts'

interface HttpTarget {
  name: string
  origin: string
  /** Of the server, for its processor time. */
  pid: number
  requests: HttpRequest[]
  connections: number
}

/** The server at `origin` under load from `load`, a child that runs http-load.ts. */
export function httpContender(load: Child, { name, pid, ...target }: HttpTarget): Contender {
  return {
    name,
    async run(seconds) {
      const before = cpuSeconds(pid)
      const slice = await load.ask<Slice>({ ...target, seconds } satisfies HttpLoad)
      return { ...slice, cpuSeconds: cpuSeconds(pid) - before }
    },
  }
}
