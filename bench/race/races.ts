/** The table of races: every single-use thing that there is. A new one belongs here. */

import { authorizationCode } from './authorization-code.ts'
import { changePassword } from './change-password.ts'
import type { Race } from './race.ts'
import { refresh } from './refresh.ts'
import { refreshAndSignOut } from './refresh-and-sign-out.ts'
import { signOut } from './sign-out.ts'
import { signUp } from './sign-up.ts'

export const races: readonly Race[] = [
  refresh,
  authorizationCode,
  signOut,
  refreshAndSignOut,
  changePassword,
  signUp,
]
