/** Whether the pages are open: once there has been an administrator, for good, and nobody asks again. */

import type { Db } from '../db/query.ts'
import { readInstallation } from '../roles/set-up.ts'

export interface SetUpGate {
  isSetUp(): Promise<boolean>
}

/** The gate of one instance. */
export function openSetUpGate(db: Db): SetUpGate {
  let isOpen = false
  return {
    async isSetUp() {
      isOpen ||= (await readInstallation(db)).setUp
      return isOpen
    },
  }
}
