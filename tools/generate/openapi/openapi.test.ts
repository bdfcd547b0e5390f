import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { fromJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf'
import { createValidator } from '@bufbuild/protovalidate'
import { restBindings } from '@signet/contract/options'
import { type Contract, readContract } from '../contract.ts'
import { toObject } from '../field-rules.ts'
import { repositoryRoot } from '../generated-file.ts'
import { openApiDocument } from './openapi-step.ts'

const run = promisify(execFile)

let scratch: string
let contract: Contract
let document: JsonObject

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'signet-openapi-'))
  contract = await readContract(join(repositoryRoot, 'proto'))
  document = openApiDocument(contract, '0.0.0')
})
after(() => rm(scratch, { recursive: true }))

/** The value at a path of keys. */
function at(value: JsonValue | undefined, ...path: string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, key) => toObject(inner)[key], value)
}

function schema(name: string): JsonObject {
  return toObject(at(document, 'components', 'schemas', name))
}

function operation(verb: string, path: string): JsonObject {
  return toObject(at(document, 'paths', path, verb))
}

/** The examples of the parameters in the path. */
function pathExamples(described: JsonObject): JsonObject {
  const { parameters } = described
  if (!Array.isArray(parameters)) return {}
  const named = parameters.map(toObject).filter((each) => each.in === 'path')
  return Object.fromEntries(
    named.map((each) => [
      String(each.name),
      at(each, 'schema', 'examples', '0') ?? at(each, 'example') ?? null,
    ]),
  )
}

/** Lets Redocly judge a document, examples included; it talks to nobody. */
async function lint(subject: JsonObject): Promise<{ ok: boolean; output: string }> {
  const config = {
    extends: ['recommended-strict'],
    telemetry: 'off',
    rules: {
      'no-invalid-media-type-examples': 'error',
      'no-invalid-parameter-examples': 'error',
      'no-invalid-schema-examples': 'error',
      'no-unused-components': 'error',
      'operation-description': 'error',
      'tag-description': 'error',
    },
  }
  await writeFile(join(scratch, 'redocly.yaml'), JSON.stringify(config))
  await writeFile(join(scratch, 'openapi.json'), JSON.stringify(subject))
  const redocly = join(repositoryRoot, 'node_modules/.bin/redocly')
  const env = {
    PATH: process.env.PATH,
    REDOCLY_TELEMETRY: 'off',
    REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  }
  return run(process.execPath, [redocly, 'lint', 'openapi.json'], { cwd: scratch, env }).then(
    ({ stdout, stderr }) => ({ ok: true, output: stdout + stderr }),
    (error: { stdout: string; stderr: string }) => ({
      ok: false,
      output: error.stdout + error.stderr,
    }),
  )
}

describe('an independent judge', () => {
  it('finds nothing wrong with the document or its examples', async () => {
    const { ok, output } = await lint(document)
    assert.ok(ok, output)
    assert.doesNotMatch(output, /warning/i)
  })

  it('finds an example that its schema refuses', async () => {
    const broken = structuredClone(document)
    toObject(
      at(broken, 'components', 'schemas', 'SignUpRequest', 'properties', 'email'),
    ).maxLength = 5
    const { ok, output } = await lint(broken)
    assert.equal(ok, false)
    assert.match(output, /no-invalid-media-type-examples/)
  })
})

describe('examples against the contract itself', () => {
  it('are read by the strict JSON parser and pass the rules', () => {
    const validator = createValidator()
    for (const method of contract.services.flatMap((service) => service.methods)) {
      for (const { verb, path, body } of restBindings(method)) {
        // The document names parameters as JSON does.
        const named = path.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
        const described = operation(verb.toLowerCase(), named)
        const answered = toObject(at(described, 'responses', '200', 'content'))
        const [media] = Object.values(answered)
        fromJson(method.output, at(media, 'example') ?? null)
        if (body !== '*') continue
        const sent = at(described, 'requestBody', 'content', 'application/json', 'example')
        // What stands in the path is no part of the body.
        const whole = { ...pathExamples(described), ...toObject(sent) }
        const result = validator.validate(method.input, fromJson(method.input, whole))
        assert.equal(result.kind, 'valid', `${method.name}: ${result.error}`)
      }
    }
  })
})

describe('what the document says', () => {
  it('has one operation for each binding, with its RPC name', () => {
    const found = Object.entries(toObject(document.paths)).flatMap(([path, verbs]) =>
      Object.entries(toObject(verbs)).map(
        ([verb, described]) => `${verb} ${path} ${String(at(described, 'x-signet-rpc'))}`,
      ),
    )
    const expected = [
      'post /api/v1/auth/sign-up signet.v1.AuthService/SignUp',
      'post /api/v1/auth/sign-in signet.v1.AuthService/SignIn',
      'post /api/v1/auth/validate-credentials signet.v1.AuthService/ValidateCredentials',
      'get /api/v1/auth/password-policy signet.v1.AuthService/GetPasswordPolicy',
      'post /api/v1/auth/refresh signet.v1.AuthService/RefreshTokens',
      'post /api/v1/auth/confirm-refresh signet.v1.AuthService/ConfirmRefresh',
      'post /api/v1/auth/sign-out signet.v1.AuthService/SignOut',
      'post /api/v1/auth/change-password signet.v1.AuthService/ChangePassword',
      'post /api/v1/auth/request-password-reset signet.v1.RecoveryService/RequestPasswordReset',
      'post /api/v1/auth/reset-password signet.v1.RecoveryService/ResetPassword',
      'post /api/v1/auth/request-email-verification signet.v1.RecoveryService/RequestEmailVerification',
      'post /api/v1/auth/verify-email signet.v1.RecoveryService/VerifyEmail',
      'post /api/v1/auth/request-email-sign-in signet.v1.RecoveryService/RequestEmailSignIn',
      'post /api/v1/auth/sign-in-by-email signet.v1.RecoveryService/SignInByEmail',
      'post /api/v1/clients signet.v1.ClientService/CreateClient',
      'get /api/v1/clients signet.v1.ClientService/ListClients',
      'get /api/v1/clients/{clientId} signet.v1.ClientService/GetClient',
      'put /api/v1/clients/{clientId} signet.v1.ClientService/UpdateClient',
      'post /api/v1/clients/{clientId}/disable signet.v1.ClientService/DisableClient',
      'post /api/v1/clients/{clientId}/enable signet.v1.ClientService/EnableClient',
      'post /api/v1/clients/{clientId}/secrets signet.v1.ClientService/RotateClientSecret',
      'get /api/v1/consents signet.v1.ConsentService/ListConsents',
      'delete /api/v1/consents/{clientId} signet.v1.ConsentService/WithdrawConsent',
      'post /api/v1/users/me/avatar-uploads signet.v1.AvatarService/RequestAvatarUpload',
      'post /api/v1/users/me/avatar-uploads/complete signet.v1.AvatarService/CompleteAvatarUpload',
      'get /api/v1/users/me/avatar-uploads/{uploadId} signet.v1.AvatarService/GetAvatarUpload',
      'delete /api/v1/users/me/avatar signet.v1.AvatarService/RemoveAvatar',
      'delete /api/v1/users/{userId}/avatar signet.v1.AvatarService/RemoveUserAvatar',
      'post /api/v1/avatars/batch-get signet.v1.AvatarService/BatchGetAvatars',
      'get /api/v1/users/me/emails signet.v1.EmailService/ListEmails',
      'post /api/v1/users/me/emails signet.v1.EmailService/AddEmail',
      'post /api/v1/users/me/emails/{emailId}/change signet.v1.EmailService/ChangeEmail',
      'post /api/v1/auth/confirm-email signet.v1.EmailService/ConfirmEmail',
      'delete /api/v1/users/me/emails/{emailId} signet.v1.EmailService/RemoveEmail',
      'post /api/v1/users/me/emails/{emailId}/make-primary signet.v1.EmailService/SetPrimaryEmail',
      'post /api/v1/auth/undo-email-change signet.v1.EmailService/UndoEmailChange',
      'get /api/v1/auth/providers signet.v1.FederationService/ListSignInProviders',
      'post /api/v1/auth/providers/{providerId}/authorization-url signet.v1.FederationService/GetAuthorizationUrl',
      'post /api/v1/auth/exchange-code signet.v1.FederationService/ExchangeCode',
      'get /api/v1/users/me/identities signet.v1.FederationService/ListIdentities',
      'post /api/v1/users/me/identities signet.v1.FederationService/LinkIdentity',
      'post /api/v1/users/me/identities/confirm signet.v1.FederationService/ConfirmIdentity',
      'delete /api/v1/users/me/identities/{identityId} signet.v1.FederationService/UnlinkIdentity',
      'post /api/v1/users/{userId}/upstream-tokens/{providerId} signet.v1.FederationService/GetUpstreamToken',
      'post /api/v1/providers signet.v1.ProviderService/CreateProvider',
      'get /api/v1/providers signet.v1.ProviderService/ListProviders',
      'put /api/v1/providers/{providerId} signet.v1.ProviderService/UpdateProvider',
      'delete /api/v1/providers/{providerId} signet.v1.ProviderService/DeleteProvider',
      'post /api/v1/providers/{providerId}/check signet.v1.ProviderService/CheckProvider',
      'get /api/v1/events/watch signet.v1.EventService/WatchEvents',
      'post /api/v1/auth/sign-up-as-guest signet.v1.GuestService/SignUpAsGuest',
      'post /api/v1/users/me/upgrade signet.v1.GuestService/UpgradeGuest',
      'post /api/v1/invitations signet.v1.InvitationService/InviteUser',
      'get /api/v1/invitations signet.v1.InvitationService/ListInvitations',
      'post /api/v1/invitations/{invitationId}/resend signet.v1.InvitationService/ResendInvitation',
      'delete /api/v1/invitations/{invitationId} signet.v1.InvitationService/RevokeInvitation',
      'post /api/v1/auth/accept-invitation signet.v1.InvitationService/AcceptInvitation',
      'post /api/v1/users/me/phones signet.v1.PhoneService/AddPhone',
      'post /api/v1/users/me/phones/verify signet.v1.PhoneService/VerifyPhone',
      'post /api/v1/users/me/phones/remove signet.v1.PhoneService/RemovePhone',
      'post /api/v1/auth/request-phone-sign-in signet.v1.PhoneService/RequestPhoneSignIn',
      'post /api/v1/auth/sign-in-by-phone signet.v1.PhoneService/SignInByPhone',
      'get /api/v1/revocations/watch signet.v1.RevocationService/WatchRevocations',
      'post /api/v1/revocations/report-position signet.v1.RevocationService/ReportPosition',
      'get /api/v1/revocations/status signet.v1.RevocationService/GetRevocationStatus',
      'get /api/v1/sessions signet.v1.SessionService/ListSessions',
      'delete /api/v1/sessions/{sessionId} signet.v1.SessionService/RevokeSession',
      'post /api/v1/sessions/revoke-others signet.v1.SessionService/RevokeOtherSessions',
      'post /api/v1/tokens/mint signet.v1.TokenService/MintTokens',
      'get /api/v1/users/me signet.v1.UserService/GetMe',
      'patch /api/v1/users/me signet.v1.UserService/UpdateMe',
    ]
    assert.deepEqual(found.sort(), expected.sort())
  })

  it('states who may call', () => {
    const signIn = operation('post', '/api/v1/auth/sign-in')
    assert.deepEqual(signIn.security, [])
    assert.deepEqual(signIn['x-signet-access'], { level: 'public' })
    const watch = operation('get', '/api/v1/events/watch')
    assert.deepEqual(watch.security, [{ bearer: [] }, { clientSecret: [] }])
    assert.deepEqual(watch['x-signet-access'], { level: 'permission', permission: 'events.read' })
  })

  it('turns rules into keywords, and requires what the rules refuse to be empty', () => {
    const request = schema('SignUpRequest')
    assert.deepEqual(request.required, ['email', 'password'])
    assert.equal(request.additionalProperties, false)
    const { description, ...email } = toObject(at(request, 'properties', 'email'))
    assert.deepEqual(email, { type: 'string', minLength: 3, maxLength: 254 })
    assert.match(String(description), /^The address that the account is opened with\./)
    assert.equal(
      at(request, 'properties', 'locale', 'pattern'),
      '^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$',
    )
  })

  it('leaves answers open, and requires what is always written', () => {
    const answer = schema('Tokens')
    assert.equal(answer.additionalProperties, undefined)
    assert.deepEqual(answer.required, [
      'accessToken',
      'tokenType',
      'expiresIn',
      'sessionId',
      'refreshToken',
    ])
    assert.equal(
      schema('ValidateCredentialsResponse').required?.toString().includes('authTime'),
      false,
    )
  })

  it('lists the query parameters of a stream, which comes as server-sent events', () => {
    const watch = operation('get', '/api/v1/events/watch')
    const parameters = [watch.parameters ?? []].flat().map((each) => toObject(each as JsonValue))
    assert.deepEqual(
      parameters.map(({ name, in: where, required }) => [name, where, required]),
      [
        ['since', 'query', false],
        ['untilNow', 'query', false],
      ],
    )
    assert.match(String(parameters[0]?.description), /At least 0\.$/)
    assert.deepEqual(Object.keys(toObject(at(watch, 'responses', '200', 'content'))), [
      'text/event-stream',
    ])
    assert.equal(watch.requestBody, undefined)
  })

  it('groups refusals by status, those that the comment declares included', () => {
    const signIn = operation('post', '/api/v1/auth/sign-in')
    const examples = (status: string) =>
      Object.keys(
        toObject(
          at(signIn, 'responses', status, 'content', 'application/problem+json', 'examples'),
        ),
      )
    assert.deepEqual(examples('401'), ['invalid-credentials'])
    assert.deepEqual(examples('403'), [
      'account-suspended',
      'origin-not-allowed',
      'email-not-verified',
    ])
    assert.deepEqual(Object.keys(toObject(signIn.responses)), [
      '200',
      '400',
      '401',
      '403',
      '408',
      '413',
      '415',
      '429',
      '500',
      '503',
    ])
    assert.doesNotMatch(String(signIn.description), /Errors:/)
  })
})

describe('shapes that the contract does not use yet', () => {
  let extended: JsonObject

  before(async () => {
    const proto = join(scratch, 'proto')
    await cp(join(repositoryRoot, 'proto'), proto, { recursive: true })
    const path = join(proto, 'signet/v1/user.proto')
    const source = await readFile(path, 'utf8')
    await writeFile(
      path,
      source
        .replace(
          'message GetMeRequest {}',
          `message Filter { repeated string tags = 1; google.protobuf.Timestamp seen_at = 2; string user_name = 3; }
message GetMeRequest { Filter the_filter = 1; UserStatus status = 2; }
message RenameRequest { string user_id = 1 [(buf.validate.field).string.min_len = 1]; string name = 2; oneof by { string a = 3; string b = 4; } map<string, int64> counts = 5; }
message RenameResponse {}`,
        )
        .replace(
          '  // The signed-in user.',
          `  // Renames.
  rpc Rename(RenameRequest) returns (RenameResponse) {
    option (signet.v1.access) = {recent: true};
    option (google.api.http) = {
      post: "/api/v1/users/{user_id}:rename"
      body: "*"
      additional_bindings { patch: "/api/v1/users/{user_id}" body: "*" }
    };
  }
  // The signed-in user.`,
        ),
    )
    extended = openApiDocument(await readContract(proto), '0.0.0')
  })

  it('spreads a nested message over dotted query parameters', () => {
    const parameters = [at(extended, 'paths', '/api/v1/users/me', 'get', 'parameters') ?? []].flat()
    assert.deepEqual(
      parameters.map((each) => [
        at(each as JsonValue, 'name'),
        at(each as JsonValue, 'schema', 'type'),
      ]),
      [
        ['theFilter.tags', 'array'],
        ['theFilter.seenAt', 'string'],
        ['theFilter.userName', 'string'],
        ['status', undefined],
      ],
    )
  })

  it('takes path fields out of the body, and serves additional bindings', () => {
    const paths = toObject(extended.paths)
    const main = at(paths['/api/v1/users/{userId}:rename'], 'post')
    const other = at(paths['/api/v1/users/{userId}'], 'patch')
    assert.equal(at(main, 'operationId'), 'UserService_Rename')
    assert.equal(at(other, 'operationId'), 'UserService_Rename_2')
    const body = at(main, 'requestBody', 'content', 'application/json', 'schema')
    assert.deepEqual(Object.keys(toObject(at(body, 'properties'))), ['name', 'a', 'b', 'counts'])
    assert.equal(at(body, 'required'), undefined)
    assert.equal(at(main, 'requestBody', 'required'), false)
    assert.ok(
      at(
        main,
        'responses',
        '401',
        'content',
        'application/problem+json',
        'examples',
        'recent-authentication-required',
      ),
    )
  })

  it('says that at most one member of a oneof may be set', () => {
    const path = [
      'paths',
      '/api/v1/users/{userId}',
      'patch',
      'requestBody',
      'content',
      'application/json',
    ]
    const members = [{ required: ['a'] }, { required: ['b'] }]
    assert.deepEqual(at(extended, ...path, 'schema', 'allOf'), [
      { oneOf: [...members, { not: { anyOf: members } }] },
    ])
    assert.deepEqual(Object.keys(toObject(at(extended, ...path, 'example'))), [
      'name',
      'a',
      'counts',
    ])
  })
})
