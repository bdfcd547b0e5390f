/** gRPC calls/s through the whole pipeline, with the two clients that Node has. For information: there is no goal. */

import { startChild } from '../child.ts'
import type { Subject } from '../finding.ts'
import type { GrpcLoad } from '../load/grpc-load.ts'
import { startCpuClock } from '../machine.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import { interleave, median, rate, ratePerCpu, type Slice } from '../slices.ts'

const inFlight = 32
const clients = ['connect-node', 'grpc-js'] as const

export const grpc: Subject = {
  name: 'grpc',
  about: 'gRPC calls/s through the whole pipeline',
  async run(options) {
    const dataDir = await createDataDir()
    const { origin, pid, stop } = await startSignet(dataDir.path)
    const load = startChild('./load/grpc-load.ts')
    try {
      const contenders = clients.map((client) => ({
        name: client,
        async run(seconds: number) {
          const cpu = startCpuClock([pid])
          const question: GrpcLoad = { origin, client, inFlight, seconds }
          const slice = await load.ask<Slice>(question)
          return { ...slice, cpuSeconds: cpu() }
        },
      }))
      const series = await interleave(contenders, options)
      return clients.map((client) => {
        const slices = series.get(client) ?? []
        const rates = slices.map(rate)
        return {
          what: `gRPC calls/s, ${client} client`,
          unit: '/s',
          measured: median(rates),
          rounds: rates,
          detail: `${median(slices.map(ratePerCpu)).toFixed(0)} per processor second of the server; ${inFlight} in flight on one connection, p50 ${median(slices.map(({ p50Ms }) => p50Ms)).toFixed(1)} ms`,
        }
      })
    } finally {
      await load.stop()
      await stop()
      await dataDir.remove()
    }
  },
}
