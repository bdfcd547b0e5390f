/** The route table: every method of the contract, and the function that answers it. Who may call stands in the contract. */

import { AuthService, EventService, UserService } from '@signet/contract'
import { implement, type Method } from './call/method.ts'
import { watchEvents } from './events/rpc.ts'
import { getPasswordPolicy, signIn, signUp, validateCredentials } from './sign-in/rpc.ts'
import { confirmRefresh, refreshTokens } from './tokens/rpc.ts'
import { getMe } from './users/rpc.ts'

export const methods: readonly Method[] = [
  ...implement(AuthService, {
    signUp,
    signIn,
    validateCredentials,
    getPasswordPolicy,
    refreshTokens,
    confirmRefresh,
  }),
  ...implement(UserService, { getMe }),
  ...implement(EventService, { watchEvents }),
]
