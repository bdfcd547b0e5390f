/** What each method of the contract is called with by the test that compares the wires. */

import type { JsonValue } from '@bufbuild/protobuf'
import { federationInputs } from './federation-inputs.ts'

export type Json = Record<string, JsonValue>

export type MethodInputs = Record<
  string,
  { valid: Json; invalid?: { input: Json; rules: Record<string, string> } }
>

/** For each method an input that is accepted and, where it has rules, one that breaks them. */
export const methodInputs: MethodInputs = {
  'signet.v1.AuthService/SignUp': {
    valid: {
      email: 'ada@example.com',
      password: 'correct horse',
      displayName: 'Ada',
      locale: 'en',
    },
    invalid: {
      input: { email: 'a', password: '', displayName: 'x'.repeat(101), locale: '?' },
      rules: {
        email: 'string.min_len',
        password: 'string.min_len',
        displayName: 'string.max_len',
        locale: 'string.pattern',
      },
    },
  },
  'signet.v1.AuthService/SignIn': {
    valid: { identifier: 'ada@example.com', password: 'correct horse', device: { model: 'Pixel' } },
    invalid: {
      input: { identifier: '', password: 'x', device: { os: 'x'.repeat(101) } },
      rules: { identifier: 'string.min_len', 'device.os': 'string.max_len' },
    },
  },
  'signet.v1.AuthService/ValidateCredentials': { valid: {} },
  'signet.v1.AuthService/GetPasswordPolicy': { valid: {} },
  'signet.v1.AuthService/RefreshTokens': {
    valid: { refreshToken: 'sr1_token' },
    invalid: { input: { refreshToken: '' }, rules: { refreshToken: 'string.min_len' } },
  },
  'signet.v1.AuthService/ConfirmRefresh': {
    valid: { refreshToken: 'sr1_token' },
    invalid: {
      input: { refreshToken: 'x'.repeat(513) },
      rules: { refreshToken: 'string.max_len' },
    },
  },
  'signet.v1.AuthService/SignOut': {
    valid: { token: 'sr1_token', scope: 'SIGN_OUT_SCOPE_EVERYWHERE' },
    invalid: {
      input: { token: 'x'.repeat(8193), waitMs: 10_001 },
      rules: { token: 'string.max_len', waitMs: 'int32.gte_lte' },
    },
  },
  'signet.v1.AuthService/ChangePassword': {
    valid: { currentPassword: 'correct horse', newPassword: 'correct battery' },
    invalid: {
      input: { currentPassword: '', newPassword: 'x'.repeat(1025) },
      rules: { currentPassword: 'string.min_len', newPassword: 'string.max_len' },
    },
  },
  'signet.v1.RecoveryService/RequestPasswordReset': {
    valid: { email: 'ada@example.com' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.RecoveryService/ResetPassword': {
    valid: { proof: { token: 'sl1_token' }, newPassword: 'correct battery' },
    invalid: {
      input: { proof: { code: 'x'.repeat(21) }, newPassword: '' },
      rules: { 'proof.code': 'string.max_len', newPassword: 'string.min_len' },
    },
  },
  'signet.v1.RecoveryService/RequestEmailVerification': {
    valid: { email: 'ada@example.com' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.RecoveryService/VerifyEmail': {
    valid: { proof: { email: 'ada@example.com', code: '1234 5678' } },
    invalid: {
      input: { proof: { token: 'x'.repeat(129) } },
      rules: { 'proof.token': 'string.max_len' },
    },
  },
  'signet.v1.PhoneService/AddPhone': {
    valid: { phone: '+4915112345678' },
    invalid: { input: { phone: '' }, rules: { phone: 'string.min_len' } },
  },
  'signet.v1.PhoneService/VerifyPhone': {
    valid: { codeId: '6d0d9f0e-2b8e-4f5a-9c61-0a7f5d3b1e42', code: '839204' },
    invalid: {
      input: { codeId: 'nonsense', code: '' },
      rules: { codeId: 'string.uuid', code: 'string.min_len' },
    },
  },
  'signet.v1.PhoneService/RemovePhone': {
    valid: { phone: '+4915112345678' },
    invalid: { input: { phone: 'x'.repeat(41) }, rules: { phone: 'string.max_len' } },
  },
  'signet.v1.PhoneService/RequestPhoneSignIn': {
    valid: { phone: '+4915112345678' },
    invalid: { input: { phone: '' }, rules: { phone: 'string.min_len' } },
  },
  'signet.v1.PhoneService/SignInByPhone': {
    valid: {
      codeId: '6d0d9f0e-2b8e-4f5a-9c61-0a7f5d3b1e42',
      phone: '+4915112345678',
      code: '839204',
    },
    invalid: {
      input: { codeId: 'nonsense', phone: '', code: 'x'.repeat(21) },
      rules: { codeId: 'string.uuid', phone: 'string.min_len', code: 'string.max_len' },
    },
  },
  'signet.v1.RecoveryService/RequestEmailSignIn': {
    valid: { email: 'ada@example.com' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.RecoveryService/SignInByEmail': {
    valid: { requestToken: 'sl1_token', code: '1234 5678', device: { model: 'Pixel' } },
    invalid: {
      input: { requestToken: '', device: { os: 'x'.repeat(101) } },
      rules: { requestToken: 'string.min_len', 'device.os': 'string.max_len' },
    },
  },
  'signet.v1.AvatarService/RequestAvatarUpload': {
    valid: { byteLength: 4711 },
    invalid: { input: { byteLength: 0 }, rules: { byteLength: 'int32.gte' } },
  },
  'signet.v1.AvatarService/CompleteAvatarUpload': {
    valid: { uploadId: '6d0d9f0e-2b8e-4f5a-9c61-0a7f5d3b1e42' },
    invalid: { input: { uploadId: 'nonsense' }, rules: { uploadId: 'string.uuid' } },
  },
  'signet.v1.AvatarService/GetAvatarUpload': {
    valid: { uploadId: '6d0d9f0e-2b8e-4f5a-9c61-0a7f5d3b1e42' },
    invalid: { input: { uploadId: 'nonsense' }, rules: { uploadId: 'string.uuid' } },
  },
  'signet.v1.AvatarService/RemoveAvatar': { valid: {} },
  'signet.v1.AvatarService/RemoveUserAvatar': {
    valid: { userId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { userId: 'nonsense' }, rules: { userId: 'string.uuid' } },
  },
  'signet.v1.AvatarService/BatchGetAvatars': {
    valid: { userIds: ['0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4'] },
    invalid: {
      input: { userIds: ['nonsense'] },
      rules: { 'userIds[0]': 'string.uuid' },
    },
  },
  'signet.v1.EmailService/ListEmails': { valid: {} },
  'signet.v1.EmailService/AddEmail': {
    valid: { email: 'ada@example.net' },
    invalid: { input: { email: 'a' }, rules: { email: 'string.min_len' } },
  },
  'signet.v1.EmailService/ChangeEmail': {
    valid: { emailId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4', email: 'ada@example.net' },
    invalid: {
      input: { emailId: 'nonsense', email: 'a' },
      rules: { emailId: 'string.uuid', email: 'string.min_len' },
    },
  },
  'signet.v1.EmailService/ConfirmEmail': {
    valid: { pendingId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4', code: '1234 5678' },
    invalid: {
      input: { token: 'x'.repeat(129), pendingId: 'nonsense' },
      rules: { token: 'string.max_len', pendingId: 'string.pattern' },
    },
  },
  'signet.v1.EmailService/RemoveEmail': {
    valid: { emailId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { emailId: 'nonsense' }, rules: { emailId: 'string.uuid' } },
  },
  'signet.v1.EmailService/SetPrimaryEmail': {
    valid: { emailId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { emailId: 'nonsense' }, rules: { emailId: 'string.uuid' } },
  },
  'signet.v1.EmailService/UndoEmailChange': {
    valid: { token: 'sl1_token' },
    invalid: { input: { token: '' }, rules: { token: 'string.min_len' } },
  },
  'signet.v1.GuestService/SignUpAsGuest': {
    valid: { locale: 'en', device: { model: 'Pixel' } },
    invalid: {
      input: { locale: '?', device: { os: 'x'.repeat(101) } },
      rules: { locale: 'string.pattern', 'device.os': 'string.max_len' },
    },
  },
  'signet.v1.GuestService/UpgradeGuest': {
    valid: { email: 'ada@example.com', password: 'correct battery' },
    invalid: {
      input: { email: 'a', password: '' },
      rules: { email: 'string.min_len', password: 'string.min_len' },
    },
  },
  'signet.v1.InvitationService/InviteUser': {
    valid: { email: 'ada@example.com', displayName: 'Ada', locale: 'en' },
    invalid: {
      input: { email: 'a', displayName: 'x'.repeat(101), locale: '?' },
      rules: {
        email: 'string.min_len',
        displayName: 'string.max_len',
        locale: 'string.pattern',
      },
    },
  },
  'signet.v1.InvitationService/ListInvitations': {
    valid: { after: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4', pageSize: 10 },
    invalid: {
      input: { after: 'nonsense', pageSize: 101 },
      rules: { after: 'string.pattern', pageSize: 'int32.gte_lte' },
    },
  },
  'signet.v1.InvitationService/ResendInvitation': {
    valid: { invitationId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { invitationId: 'nonsense' }, rules: { invitationId: 'string.uuid' } },
  },
  'signet.v1.InvitationService/RevokeInvitation': {
    valid: { invitationId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: { input: { invitationId: 'nonsense' }, rules: { invitationId: 'string.uuid' } },
  },
  'signet.v1.InvitationService/AcceptInvitation': {
    valid: { token: 'sl1_token', password: 'correct battery' },
    invalid: {
      input: { code: 'x'.repeat(25), password: '' },
      rules: { code: 'string.max_len', password: 'string.min_len' },
    },
  },
  'signet.v1.SessionService/ListSessions': { valid: {} },
  'signet.v1.SessionService/RevokeSession': {
    valid: { sessionId: '0199f3a4-1e9b-7a63-8c55-62d0b7f1a8e4' },
    invalid: {
      input: { sessionId: 'nonsense', waitMs: -1 },
      rules: { sessionId: 'string.uuid', waitMs: 'int32.gte_lte' },
    },
  },
  'signet.v1.SessionService/RevokeOtherSessions': {
    valid: { waitMs: 10_000 },
    invalid: { input: { waitMs: 10_001 }, rules: { waitMs: 'int32.gte_lte' } },
  },
  'signet.v1.TokenService/MintTokens': {
    valid: { sub: '4711', provider: 'crew-app', scopes: ['orders.read'], claims: { tenant: 'x' } },
    invalid: {
      input: { sub: '', provider: 'Crew!', email: 'x'.repeat(255), lifetimeSeconds: -1 },
      rules: {
        sub: 'string.min_len',
        provider: 'string.pattern',
        email: 'string.max_len',
        lifetimeSeconds: 'int32.gte_lte',
      },
    },
  },
  'signet.v1.ConsentService/ListConsents': { valid: {} },
  'signet.v1.ConsentService/WithdrawConsent': {
    valid: { clientId: 'photos' },
    invalid: { input: { clientId: 'x'.repeat(64) }, rules: { clientId: 'string.max_len' } },
  },
  'signet.v1.ClientService/CreateClient': {
    valid: {
      id: 'photos',
      type: 'CLIENT_TYPE_CONFIDENTIAL',
      record: { name: 'Photos', redirectUris: ['https://photos.example/callback'] },
    },
    invalid: {
      input: { id: '', type: 'CLIENT_TYPE_PUBLIC', record: { grantTypes: ['password'] } },
      rules: { id: 'string.min_len', 'record.grantTypes[0]': 'string.in' },
    },
  },
  'signet.v1.ClientService/ListClients': {
    valid: { pageSize: 10, pageToken: 'photos' },
    invalid: { input: { pageSize: 501 }, rules: { pageSize: 'int32.gte_lte' } },
  },
  'signet.v1.ClientService/GetClient': {
    valid: { clientId: 'photos' },
    invalid: { input: { clientId: 'x'.repeat(64) }, rules: { clientId: 'string.max_len' } },
  },
  'signet.v1.ClientService/UpdateClient': {
    valid: { clientId: 'photos', record: { name: 'Photos' } },
    invalid: {
      input: { clientId: 'photos', record: { name: 'x'.repeat(101) } },
      rules: { 'record.name': 'string.max_len' },
    },
  },
  'signet.v1.ClientService/DisableClient': {
    valid: { clientId: 'photos' },
    invalid: { input: { clientId: 'x'.repeat(64) }, rules: { clientId: 'string.max_len' } },
  },
  'signet.v1.ClientService/EnableClient': {
    valid: { clientId: 'photos' },
    invalid: { input: { clientId: 'x'.repeat(64) }, rules: { clientId: 'string.max_len' } },
  },
  'signet.v1.ClientService/RotateClientSecret': {
    valid: { clientId: 'photos', lifetimeDays: 365 },
    invalid: {
      input: { clientId: 'photos', lifetimeDays: 3651 },
      rules: { lifetimeDays: 'int32.gte_lte' },
    },
  },
  ...federationInputs,
  'signet.v1.UserService/UpdateMe': {
    valid: { displayName: 'Ada', locale: 'en' },
    invalid: {
      input: { displayName: 'x'.repeat(101), locale: '?' },
      rules: { displayName: 'string.max_len', locale: 'string.pattern' },
    },
  },
  'signet.v1.UserService/GetMe': { valid: {} },
  'signet.v1.RevocationService/WatchRevocations': {
    valid: { logId: '7c1f0d0e-4a53-4d0c-9a57-0c3a6a1d9b11', since: '7', verifierId: 'one' },
    invalid: {
      input: { logId: 'x'.repeat(37), since: '-1', stalenessBudgetSeconds: 3601 },
      rules: {
        logId: 'string.max_len',
        since: 'int64.gte',
        stalenessBudgetSeconds: 'int32.gte_lte',
      },
    },
  },
  'signet.v1.RevocationService/ReportPosition': {
    valid: { verifierId: 'one', logId: '7c1f0d0e-4a53-4d0c-9a57-0c3a6a1d9b11', position: '7' },
    invalid: {
      input: { verifierId: '', logId: 'x'.repeat(37), position: '-1' },
      rules: { verifierId: 'string.min_len', logId: 'string.max_len', position: 'int64.gte' },
    },
  },
  'signet.v1.RevocationService/GetRevocationStatus': { valid: {} },
  'signet.v1.EventService/WatchEvents': {
    valid: { since: '7', untilNow: true },
    invalid: { input: { since: '-1' }, rules: { since: 'int64.gte' } },
  },
}
