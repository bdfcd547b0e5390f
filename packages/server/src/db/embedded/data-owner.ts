/**
 * Whose rights are used in the data directory.
 *
 * Root may be started on a directory of somebody else, who can put links, pipes and programs where our files are
 * expected. So there root works with the rights of that owner, and can be led to nothing that the owner could not
 * reach. A system user to whom root gave our folder at an earlier start is such an owner as well.
 *
 * Errors: ROOT_NOT_POSSIBLE, DIRECTORY_FOREIGN.
 */

import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Layout } from './layout.ts'

/** A user and its group, by number. */
export interface Owner {
  uid: number
  gid: number
}

type Place = Pick<Layout, 'dataDir' | 'folder'>

/** As root, the other user to whom the data belongs; undefined where it is ours. */
export function foreignOwner({ dataDir, folder }: Place): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const ofFolder = statSync(folder, { throwIfNoEntry: false })
  const ofDirectory = foreignOwnerOfNearest(dataDir)
  if (ofDirectory === undefined) return ofFolder && strangerIn(ofFolder)
  if (ofFolder === undefined || ofFolder.uid === ofDirectory.uid) return ofDirectory
  throw new EmbeddedPostgresError('DIRECTORY_FOREIGN', {
    sentence: `The data directory ${dataDir} belongs to user ${ofDirectory.uid}, and ${folder} in it to user ${ofFolder.uid}.`,
    remedy: `Give both to the user that runs Signet, or choose another SIGNET_DATA_DIR; nothing in it was changed.`,
  })
}

/** As root, the other user who owns this path, or the nearest directory above it that exists. */
export function foreignOwnerOfNearest(path: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined) return strangerIn(stat)
  return dirname(path) === path ? undefined : foreignOwnerOfNearest(dirname(path))
}

/** Works in the data directory with the rights of its owner. */
export function inDataDirectory<T>(place: Place, work: () => T): T {
  return withRightsOf(foreignOwner(place), work)
}

/**
 * Does the work with the rights of that user alone, or with our own where there is none. They are those of the whole
 * process meanwhile, so the work is short and ends before it returns: no promise.
 */
export function withRightsOf<T>(owner: Owner | undefined, work: () => T): T {
  const { seteuid, setegid, setgroups, getegid, getgroups } = process
  if (owner === undefined || !seteuid || !setegid || !setgroups || !getegid || !getgroups) {
    return work()
  }
  const ownGroup = getegid()
  const ownGroups = getgroups()
  try {
    try {
      setgroups([])
      setegid(owner.gid)
      seteuid(owner.uid)
    } catch (cause) {
      throw new EmbeddedPostgresError('ROOT_NOT_POSSIBLE', {
        sentence: `The data directory belongs to user ${owner.uid}, whom root cannot become here.`,
        remedy: 'Start Signet as that user, or choose another SIGNET_DATA_DIR.',
        cause,
      })
    }
    return work()
  } finally {
    seteuid(0)
    setegid(ownGroup)
    restoreGroups(ownGroups)
  }
}

/** Where groups may not be set, they were not given up either. */
function restoreGroups(groups: number[]): void {
  try {
    process.setgroups?.(groups)
  } catch {
    // Refused before as well: nothing has changed.
  }
}

function strangerIn({ uid, gid }: Stats): Owner | undefined {
  return uid === 0 ? undefined : { uid, gid }
}
