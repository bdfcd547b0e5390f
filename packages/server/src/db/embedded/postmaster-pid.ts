/**
 * What a server says about itself: its file `postmaster.pid`, and whether its socket answers.
 *
 * The file is written by the server, removed when it stops in order, and left when it is killed. Its last line turns to
 * "ready" when connections are accepted.
 */

import { connect } from 'node:net'
import { join } from 'node:path'
import { socketFile } from './layout.ts'
import { readRegularFile } from './own-file.ts'

/** The lines of `postmaster.pid` that matter here. */
export interface PostmasterPid {
  pid: number
  socketDirectory: string
  ready: boolean
}

/** Reads it; undefined when there is none, or when the server has only begun to write it. */
export function readPostmasterPid(cluster: string): PostmasterPid | undefined {
  const lines = readRegularFile(join(cluster, 'postmaster.pid'))?.split('\n')
  if (lines === undefined) return undefined
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, socketDirectory: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
}

/** Whether a server accepts connections at the socket in this folder. */
export function answers(socketDirectory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketFile(socketDirectory), timeout: 1_000 })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
    socket.on('timeout', () => end(false))
  })
}
