/**
 * Objects as files below a directory that only we read. A file is written beside its place, flushed and moved there, so that
 * a crash leaves a whole file or none; what a crash leaves beside the place goes with the object.
 */

import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ObjectName, ObjectStore } from './object-store.ts'

/** A store below this directory, which is made with the first object. */
export function openDiskStore(directory: string): ObjectStore {
  const pathOf = (name: ObjectName) => join(directory, ...name.split('/'))
  const partOf = (name: ObjectName) => `${pathOf(name)}.part`
  return {
    async put(name, bytes) {
      const folder = dirname(pathOf(name))
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFlushed(partOf(name), bytes)
      await rename(partOf(name), pathOf(name))
      await flushFolder(folder)
    },
    async get(name, bytesMax) {
      const file = await open(pathOf(name)).catch(absent)
      if (file === undefined) return undefined
      try {
        const { size } = await file.stat()
        const bytes = Buffer.alloc(Math.min(size, bytesMax))
        let length = 0
        while (length < bytes.length) {
          const { bytesRead } = await file.read(bytes, length, bytes.length - length)
          if (bytesRead === 0) break
          length += bytesRead
        }
        return bytes.subarray(0, length)
      } finally {
        await file.close()
      }
    },
    async lengthOf(name) {
      return (await stat(pathOf(name)).catch(absent))?.size
    },
    async remove(names) {
      for (const name of names)
        for (const path of [pathOf(name), partOf(name)]) await rm(path, { force: true })
    },
  }
}

async function writeFlushed(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** So that the move itself outlives a crash. Windows cannot, and need not. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
