/** The route table: every method of the contract, and the function that answers it. Who may call stands in the contract. */

import {
  AuthService,
  EventService,
  RecoveryService,
  SessionService,
  UserService,
} from '@signet/contract'
import { implement, type Method } from './call/method.ts'
import { watchEvents } from './events/rpc.ts'
import {
  requestEmailVerification,
  requestPasswordReset,
  resetPassword,
  verifyEmail,
} from './recovery/rpc.ts'
import { revokeOtherSessions, revokeSession, signOut } from './revocation/rpc.ts'
import { listSessions } from './sessions/rpc.ts'
import {
  changePassword,
  getPasswordPolicy,
  signIn,
  signUp,
  validateCredentials,
} from './sign-in/rpc.ts'
import { confirmRefresh, refreshTokens } from './tokens/rpc.ts'
import { getMe, updateMe } from './users/rpc.ts'

export const methods: readonly Method[] = [
  ...implement(AuthService, {
    signUp,
    signIn,
    validateCredentials,
    getPasswordPolicy,
    refreshTokens,
    confirmRefresh,
    signOut,
    changePassword,
  }),
  ...implement(RecoveryService, {
    requestPasswordReset,
    resetPassword,
    requestEmailVerification,
    verifyEmail,
  }),
  ...implement(UserService, { getMe, updateMe }),
  ...implement(SessionService, { listSessions, revokeSession, revokeOtherSessions }),
  ...implement(EventService, { watchEvents }),
]
