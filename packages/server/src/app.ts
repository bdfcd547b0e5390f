/** The route table: every method of the contract, and the function that answers it. Who may call stands in the contract. */

import {
  AuthService,
  AvatarService,
  ClientService,
  ConsentService,
  EmailService,
  EventService,
  FederationService,
  GuestService,
  InvitationService,
  PhoneService,
  ProviderService,
  RecoveryService,
  RevocationService,
  SessionService,
  TokenService,
  UserService,
} from '@signet/contract'
import {
  batchGetAvatars,
  completeAvatarUpload,
  getAvatarUpload,
  removeAvatar,
  removeUserAvatar,
  requestAvatarUpload,
} from './avatars/rpc.ts'
import { implement, type Method } from './call/method.ts'
import {
  createClient,
  disableClient,
  enableClient,
  getClient,
  listClients,
  rotateClientSecret,
  updateClient,
} from './clients/rpc.ts'
import {
  addEmail,
  changeEmail,
  confirmEmail,
  listEmails,
  removeEmail,
  setPrimaryEmail,
  undoEmailChange,
} from './emails/rpc.ts'
import { watchEvents } from './events/rpc.ts'
import {
  checkProvider,
  createProvider,
  deleteProvider,
  listProviders,
  updateProvider,
} from './federation/providers-rpc.ts'
import {
  confirmIdentity,
  getUpstreamToken,
  linkIdentity,
  listIdentities,
  listSignInProviders,
  unlinkIdentity,
} from './federation/rpc.ts'
import { signUpAsGuest, upgradeGuest } from './guests/rpc.ts'
import {
  acceptInvitation,
  inviteUser,
  listInvitations,
  resendInvitation,
  revokeInvitation,
} from './invitations/rpc.ts'
import { exchangeCode, getAuthorizationUrl, listConsents, withdrawConsent } from './oauth/rpc.ts'
import {
  addPhone,
  removePhone,
  requestPhoneSignIn,
  signInByPhone,
  verifyPhone,
} from './phones/rpc.ts'
import {
  requestEmailSignIn,
  requestEmailVerification,
  requestPasswordReset,
  resetPassword,
  signInByEmail,
  verifyEmail,
} from './recovery/rpc.ts'
import { getRevocationStatus, reportPosition } from './revocation/feed-rpc.ts'
import { revokeOtherSessions, revokeSession, signOut } from './revocation/rpc.ts'
import { watchRevocations } from './revocation/watch-revocations.ts'
import { listSessions } from './sessions/rpc.ts'
import {
  changePassword,
  getPasswordPolicy,
  signIn,
  signUp,
  validateCredentials,
} from './sign-in/rpc.ts'
import { confirmRefresh, mintTokens, refreshTokens } from './tokens/rpc.ts'
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
    requestEmailSignIn,
    signInByEmail,
  }),
  ...implement(EmailService, {
    listEmails,
    addEmail,
    changeEmail,
    confirmEmail,
    removeEmail,
    setPrimaryEmail,
    undoEmailChange,
  }),
  ...implement(GuestService, { signUpAsGuest, upgradeGuest }),
  ...implement(InvitationService, {
    inviteUser,
    listInvitations,
    resendInvitation,
    revokeInvitation,
    acceptInvitation,
  }),
  ...implement(UserService, { getMe, updateMe }),
  ...implement(PhoneService, {
    addPhone,
    verifyPhone,
    removePhone,
    requestPhoneSignIn,
    signInByPhone,
  }),
  ...implement(AvatarService, {
    requestAvatarUpload,
    completeAvatarUpload,
    getAvatarUpload,
    removeAvatar,
    removeUserAvatar,
    batchGetAvatars,
  }),
  ...implement(SessionService, { listSessions, revokeSession, revokeOtherSessions }),
  ...implement(TokenService, { mintTokens }),
  ...implement(FederationService, {
    listSignInProviders,
    getAuthorizationUrl,
    exchangeCode,
    listIdentities,
    linkIdentity,
    confirmIdentity,
    unlinkIdentity,
    getUpstreamToken,
  }),
  ...implement(ProviderService, {
    createProvider,
    listProviders,
    updateProvider,
    deleteProvider,
    checkProvider,
  }),
  ...implement(ConsentService, { listConsents, withdrawConsent }),
  ...implement(ClientService, {
    createClient,
    listClients,
    getClient,
    updateClient,
    disableClient,
    enableClient,
    rotateClientSecret,
  }),
  ...implement(EventService, { watchEvents }),
  ...implement(RevocationService, { watchRevocations, reportPosition, getRevocationStatus }),
]

/** The methods that small services expect at a plain path, too. */
export const plainPaths: Readonly<Record<string, string>> = {
  'signet.v1.TokenService/MintTokens': '/mint',
}
