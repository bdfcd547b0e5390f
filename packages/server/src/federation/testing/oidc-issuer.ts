/**
 * An OpenID provider in a test, with a login that is one button: oidc-provider, in the shape of Google, Microsoft, Apple, or any other.
 *
 * Whoever presses the button is `person`, as it is at that moment; change it between sign-ins.
 */

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeProtectedHeader, importSPKI, jwtVerify, SignJWT } from 'jose'
import Provider, { interactionPolicy } from 'oidc-provider'
import type { ProviderSettings } from '../identity-provider.ts'
import { listen, readForm, sendJson } from './listen.ts'
import { signInPage } from './sign-in-page.ts'

export interface OidcPerson {
  sub: string
  name?: string
  email?: string
  email_verified?: boolean | string
  picture?: string
  /** With Microsoft: the tenant. */
  tid?: string
  /** With Microsoft: whether the owner of the domain was verified. */
  xms_edov?: boolean | string
  [claim: string]: unknown
}

export interface OidcIssuerOptions {
  redirectUri: string
  shape?: 'oidc' | 'google' | 'microsoft' | 'apple'
  /** Where it tells of the end of a session. */
  backchannelLogoutUri?: string
  /** Without a button: the browser is sent back at once. */
  automatic?: boolean
  port?: number
}

export interface OidcIssuer {
  /** What `settings.issuer` is; with Microsoft without the tenant. */
  issuer: string
  clientId: string
  /** With Apple the private key, as PEM. */
  clientSecret: string
  /** Beside the issuer: of Apple `teamId` and `keyId`; of Microsoft `tenant`. */
  settings: ProviderSettings
  person: OidcPerson
  /** A token that this issuer has signed: `iss`, `aud`, `iat`, `exp` are right where they are left out. */
  sign(claims: Record<string, unknown>, typ?: string): Promise<string>
  /** Tells of the end of a session, of `person` and with this `sid`, at `backchannelLogoutUri`. Fails where it is not taken. */
  tellOfSignOut(sid: string): Promise<void>
  /** Signs with another key from now on, and publishes that one alone. */
  rotateKeys(): void
  /** What the token endpoint got, newest last. */
  exchanges: URLSearchParams[]
  /** How many of them it has answered. */
  answered: number
  /** What the token endpoint waits for before it looks at what it got. */
  beforeExchange: (() => Promise<unknown>) | undefined
  close(): Promise<void>
}

const tenantOfTests = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const teamId = 'ABCDE12345'
const keyId = 'KEY1234567'
const microsoftPath = /^\/([^/]+)\/v2\.0(?=\/)/u

// It warns that it is in development.
console.warn = () => {}
console.info = () => {}

export async function openOidcIssuer(options: OidcIssuerOptions): Promise<OidcIssuer> {
  const { shape = 'oidc', port } = options
  const client = { id: `signet.${randomUUID()}`, secret: randomBytes(24).toString('hex') }
  const appleKey = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  let signing = makeKey()
  let providers = new Map<string, Provider>()
  const exchanges: URLSearchParams[] = []
  let origin = ''

  function providerAt(issuer: string): Provider {
    const known = providers.get(issuer)
    if (known !== undefined) return known
    const made = new Provider(
      issuer,
      configurationOf(opened, { ...options, shape, client, signing }),
    )
    providers.set(issuer, made)
    return made
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const original = request.url ?? ''
    const tenant = shape === 'microsoft' ? microsoftPath.exec(original)?.[1] : undefined
    if (tenant !== undefined) request.url = original.replace(microsoftPath, '')
    const path = new URL(request.url ?? '', origin).pathname
    if (tenant !== undefined && path === '/.well-known/openid-configuration')
      return sendJson(response, 200, microsoftDiscovery(origin, tenant))
    Object.assign(request, { originalUrl: original })
    // Nobody is signed in here for longer than a visit, so that the next one is whoever `person` is then.
    request.headers.cookie = (request.headers.cookie ?? '').replace(/_session[^;]*(?:; )?/gu, '')
    const provider = providerAt(issuerOf())
    if (path.startsWith('/interaction/'))
      return interact(provider, { request, response, opened, options })
    if (request.method === 'POST' && path.endsWith('/token')) {
      const form = await readForm(request)
      exchanges.push(new URLSearchParams(form))
      response.once('finish', () => {
        opened.answered += 1
      })
      await opened.beforeExchange?.()
      if (shape === 'apple')
        await proveApple(form, { origin, client, publicKey: appleKey.publicKey })
      Object.assign(request, { body: Object.fromEntries(form) })
    }
    provider.callback()(request, response)
  }

  const opened: OidcIssuer = {
    issuer: '',
    clientId: client.id,
    clientSecret: shape === 'apple' ? appleKey.privateKey : client.secret,
    settings: {},
    person: {
      sub: randomUUID(),
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      email_verified: true,
    },
    exchanges,
    answered: 0,
    beforeExchange: undefined,
    sign: (claims, typ = 'JWT') =>
      new SignJWT({
        iss: issuerOf(),
        aud: client.id,
        iat: Math.floor(Date.now() / 1000),
        exp: Math.floor(Date.now() / 1000) + 120,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: signing.kid, typ })
        .sign(signing.privateKey),
    async tellOfSignOut(sid) {
      const client = await providerAt(issuerOf()).Client.find(opened.clientId)
      await client.backchannelLogout(opened.person.sub, sid)
    },
    rotateKeys() {
      signing = makeKey()
      providers = new Map()
    },
    close: async () => {},
  }
  const server = await listen(handle, port)
  origin = server.origin
  opened.issuer = origin
  opened.close = server.close
  opened.settings = { issuer: origin, ...settingsOf(shape) }
  if (shape === 'microsoft') opened.person.tid = tenantOfTests
  return opened

  /** With Microsoft that of the tenant of `person`. */
  function issuerOf(): string {
    return shape === 'microsoft' ? `${origin}/${opened.person.tid ?? tenantOfTests}/v2.0` : origin
  }

  function settingsOf(of: OidcIssuerOptions['shape']): ProviderSettings {
    if (of === 'apple') return { teamId, keyId }
    return of === 'microsoft' ? { tenant: 'common' } : {}
  }
}

function makeKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey, kid: randomUUID() }
}

interface ConfigurationOptions extends OidcIssuerOptions {
  shape: NonNullable<OidcIssuerOptions['shape']>
  client: { id: string; secret: string }
  signing: ReturnType<typeof makeKey>
}

function configurationOf(opened: OidcIssuer, options: ConfigurationOptions): object {
  const { shape, client, signing, redirectUri, backchannelLogoutUri } = options
  const jwk = {
    ...signing.privateKey.export({ format: 'jwk' }),
    kid: signing.kid,
    alg: 'RS256',
    use: 'sig',
  }
  const policy = interactionPolicy.base()
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: shape === 'oidc' ? 'client_secret_basic' : 'client_secret_post',
        ...(backchannelLogoutUri && {
          backchannel_logout_uri: backchannelLogoutUri,
          backchannel_logout_session_required: true,
        }),
      },
    ],
    ...(shape === 'oidc' && { clientAuthMethods: ['client_secret_basic'] }),
    jwks: { keys: [jwk] },
    cookies: { keys: ['of a test'] },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'name'],
    claims: {
      openid: ['sub', 'amr', 'tid', 'xms_edov', 'hd', 'is_private_email'],
      email: ['email', 'email_verified'],
      profile: ['name', 'picture', 'preferred_username', 'given_name', 'family_name'],
    },
    // The big ones put everything into the ID token.
    conformIdTokenClaims: shape === 'oidc',
    pkce: { required: () => true },
    // It refuses to speak to this machine, where Signet is.
    fetch: (url: string, { dispatcher: _, ...asked }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, asked),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: backchannelLogoutUri !== undefined },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: {
      policy,
      url: (_context: object, { uid }: { uid: string }) =>
        `${shape === 'microsoft' ? '/common/v2.0' : ''}/interaction/${uid}`,
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    findAccount: (_context: object, accountId: string) => ({
      accountId,
      // Apple tells the name to the browser alone.
      claims: () => ({
        ...opened.person,
        ...(shape === 'apple' && { name: undefined }),
        sub: accountId,
      }),
    }),
    async loadExistingGrant(context: {
      oidc: { provider: Provider; client: { clientId: string }; session: { accountId: string } }
    }) {
      const { provider, client: by, session } = context.oidc
      const grant = new provider.Grant({ clientId: by.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid offline_access email profile name')
      await grant.save()
      return grant
    },
    ...(shape === 'apple' && {
      routes: { authorization: '/auth/authorize', token: '/auth/token', jwks: '/auth/keys' },
    }),
    ...(shape === 'microsoft' && {
      routes: {
        authorization: '/authorize',
        token: '/token',
        jwks: '/keys',
        userinfo: '/userinfo',
      },
    }),
  }
}

interface Interaction {
  request: IncomingMessage
  response: ServerResponse
  opened: OidcIssuer
  options: OidcIssuerOptions
}

async function interact(
  provider: Provider,
  { request, response, opened, options }: Interaction,
): Promise<void> {
  const { person } = opened
  if (request.method === 'GET' && !options.automatic) {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(signInPage('A provider of a test', person.name ?? person.sub))
    return
  }
  const choice = request.method === 'POST' ? (await readForm(request)).get('choice') : 'continue'
  const refusal = options.shape === 'apple' ? 'user_cancelled_authorize' : 'access_denied'
  const result =
    choice === 'cancel'
      ? { error: refusal, error_description: 'The person said no.' }
      : {
          login: {
            accountId: person.sub,
            remember: false,
            ...(Array.isArray(person.amr) && { amr: person.amr }),
          },
          consent: {},
          select_account: {},
        }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

/** As login.microsoftonline.com has it: many tenants, one document, and no `iss` in answers that it would announce. */
function microsoftDiscovery(origin: string, tenant: string): object {
  const base = `${origin}/${tenant}/v2.0`
  const isMany = tenant === 'common' || tenant === 'organizations'
  const own = tenant === 'consumers' ? '9188040d-6c67-4c5b-b112-36a304b66dad' : tenant
  return {
    issuer: `${origin}/${isMany ? '{tenantid}' : own}/v2.0`,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    userinfo_endpoint: `${base}/userinfo`,
    jwks_uri: `${base}/keys`,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
  }
}

/** Puts the secret that oidc-provider knows in the place of a JWT that Apple would accept. */
async function proveApple(
  form: URLSearchParams,
  {
    origin,
    client,
    publicKey,
  }: { origin: string; client: { id: string; secret: string }; publicKey: string },
): Promise<void> {
  const proof = form.get('client_secret') ?? ''
  form.set('client_secret', 'not proved')
  try {
    const { payload } = await jwtVerify(proof, await importSPKI(publicKey, 'ES256'), {
      issuer: teamId,
      audience: origin,
      subject: client.id,
      maxTokenAge: '180 days',
      requiredClaims: ['exp'],
    })
    const isOfKey = decodeProtectedHeader(proof).kid === keyId
    if (isOfKey && payload.sub === client.id) form.set('client_secret', client.secret)
  } catch {
    // The provider answers that it does not know the client.
  }
}
