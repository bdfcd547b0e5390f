/**
 * The standard gRPC health service: whether this instance, or one service of it, takes calls.
 *
 * Specs: grpc.health.v1.
 */

import type { DescService } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '@signet/contract/grpc'
import { implementPublic, type Method } from '../../call/method.ts'
import { SignetError } from '../../errors.ts'

const watchIntervalMs = 1000

/** The methods of the health service. `ready` is asked at each check; the empty name means the instance as a whole. */
export function healthMethods(
  services: readonly DescService[],
  ready: () => Promise<boolean>,
): Method[] {
  const names = ['', ...services.map((service) => service.typeName)]
  const status = async () => ((await ready()) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)
  return implementPublic(Health, {
    check: async (_deps, _ctx, { service }) => {
      if (!names.includes(service)) throw new SignetError(ErrorReason.NOT_FOUND)
      return { status: await status() }
    },
    list: async () => {
      const current = await status()
      return { statuses: Object.fromEntries(names.map((name) => [name, { status: current }])) }
    },
    watch: async function* (_deps, ctx, { service }) {
      let last: ServingStatus | undefined
      while (!ctx.signal.aborted) {
        const current = names.includes(service) ? await status() : ServingStatus.SERVICE_UNKNOWN
        if (current !== last) yield { status: current }
        last = current
        await pause(watchIntervalMs, ctx.signal)
      }
    },
  })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
