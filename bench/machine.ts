/** The machine and the versions that a figure belongs to, and what one process takes of it (Linux, /proc). */

import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Machine {
  processor: string
  cores: number
  memoryGb: number
  /** Processes that wanted a core in the minute before: above zero, others are at work too. */
  loadAverage: number
  node: string
  openssl: string
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadAverage: Number(loadavg()[0]?.toFixed(2)),
    node: process.versions.node,
    openssl: process.versions.openssl,
  }
}

/** `USER_HZ` of every Linux that Node runs on. */
const ticksPerSecond = 100

/**
 * Processor seconds that these processes use in all their threads from here on. One that has ended by the time it is asked,
 * such as a connection of Postgres, counts for nothing.
 */
export function startCpuClock(pids: readonly number[]): () => number {
  const begun = new Map(pids.map((pid) => [pid, ticksOf(pid) ?? 0]))
  return () => {
    let ticks = 0
    for (const [pid, before] of begun) ticks += (ticksOf(pid) ?? before) - before
    return ticks / ticksPerSecond
  }
}

/** Processor seconds that a process has used since it began. */
export function cpuSeconds(pid: number): number {
  return (ticksOf(pid) ?? 0) / ticksPerSecond
}

function ticksOf(pid: number): number | undefined {
  try {
    const fields = statFields(pid)
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return undefined
  }
}

/** Resident megabytes of a process. */
export function residentMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(proc(pid, 'status')) ?? []
  return Number(kilobytes) / 1024
}

/** Files, sockets and the like that a process has open. */
export function openHandles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Megabytes of several processes together, shared pages divided among those that share them (PSS). */
export function proportionalMb(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => /^Pss:\s+(\d+) kB$/m.exec(proc(pid, 'smaps_rollup'))?.[1])
  return kilobytes.reduce((sum, each) => sum + Number(each), 0) / 1024
}

/** The processes below one, their children included. */
export function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const parent = parentOf(Number(name))
      return parent === undefined ? [] : [{ pid: Number(name), parent }]
    })
  const below = (of: number): number[] =>
    parents
      .filter(({ parent }) => parent === of)
      .flatMap((child) => [child.pid, ...below(child.pid)])
  return below(pid)
}

/** Undefined where the process has ended in the meantime. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(statFields(pid)[1])
  } catch {
    return undefined
  }
}

/** The fields of /proc/PID/stat after the command, which may contain anything. */
function statFields(pid: number): string[] {
  const stat = proc(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function proc(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
}
