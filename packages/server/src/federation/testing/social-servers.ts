/** GitHub, LinkedIn and Facebook in a test: their published endpoints, shapes and errors, and a login that is one button. */

import { createHash, createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SignJWT } from 'jose'
import { type Listening, listen, readForm, sendJson } from './listen.ts'
import { signInPage } from './sign-in-page.ts'

export interface SocialServerOptions {
  redirectUri: string
  /** Without a button: the browser is sent back at once. */
  automatic?: boolean
  port?: number
}

export interface SocialServer<Person> {
  /** What `settings.issuer` is. */
  url: string
  clientId: string
  clientSecret: string
  /** Whoever presses the button, as they are at that moment. */
  person: Person
  /** What the token endpoint got, newest last. */
  exchanges: URLSearchParams[]
  close(): Promise<void>
}

export interface GitHubPerson {
  id: number
  login: string
  name: string | null
  avatar_url: string
  /** Null where the app may not read them. */
  emails: { email: string; primary: boolean; verified: boolean; visibility: string | null }[] | null
}

export interface LinkedInPerson {
  sub: string
  name: string
  email?: string
  email_verified?: boolean
  picture?: string
}

export interface FacebookPerson {
  id: string
  name: string
  email?: string
  picture?: { data: { url: string; is_silhouette: boolean } }
}

interface Code {
  parameters: URLSearchParams
  isUsed: boolean
}

/** What the three have in common. */
interface Common {
  name: string
  cancelled: Record<string, string>
  /** Sent back with every answer. */
  issuer?: (origin: string) => string
  /** Where the browser is sent. */
  authorizePath: string
  personName(): string
}

type Answer = (question: {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  /** Takes a code, once. */
  redeem(code: string | null): URLSearchParams | undefined
}) => Promise<void> | void

async function openSocialServer(
  common: Common,
  { redirectUri, automatic = false, port }: SocialServerOptions,
  credentials: { clientId: string },
  answer: Answer,
): Promise<Listening> {
  const codes = new Map<string, Code>()
  const redeem = (code: string | null) => {
    const known = codes.get(code ?? '')
    if (known === undefined || known.isUsed) return undefined
    known.isUsed = true
    return known.parameters
  }
  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? '', server.origin)
    if (url.pathname !== common.authorizePath) return answer({ request, response, url, redeem })
    const { searchParams } = url
    if (searchParams.get('client_id') !== credentials.clientId)
      return void response.writeHead(404).end('no such app')
    if (searchParams.get('redirect_uri') !== redirectUri)
      return void response.writeHead(400).end('this redirect URI is not registered')
    if (request.method === 'GET' && !automatic)
      return void response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(signInPage(common.name, common.personName()))
    const choice = request.method === 'POST' ? (await readForm(request)).get('choice') : 'continue'
    const back = new URL(redirectUri)
    const code = randomBytes(20).toString('hex')
    if (choice === 'continue') codes.set(code, { parameters: searchParams, isUsed: false })
    const said = choice === 'continue' ? { code } : common.cancelled
    back.search = new URLSearchParams({
      ...said,
      ...(common.issuer && { iss: common.issuer(server.origin) }),
      state: searchParams.get('state') ?? '',
    }).toString()
    response.writeHead(302, { location: back.href }).end()
  }, port)
  return server
}

/** Whether the code verifier is the one whose challenge was sent; `true` where none was. */
function provesPkce(asked: URLSearchParams, form: URLSearchParams): boolean {
  const challenge = asked.get('code_challenge')
  if (challenge === null) return true
  const verifier = form.get('code_verifier') ?? ''
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}

function makeCredentials() {
  const exchanges: URLSearchParams[] = []
  return { clientId: randomUUID(), clientSecret: randomBytes(20).toString('hex'), exchanges }
}

export async function openGitHub(
  options: SocialServerOptions,
): Promise<SocialServer<GitHubPerson>> {
  const credentials = makeCredentials()
  const person: GitHubPerson = {
    id: 583_231,
    login: 'ada',
    name: 'Ada Lovelace',
    avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
    emails: [
      { email: 'old@example.com', primary: false, verified: true, visibility: null },
      { email: 'ada@example.com', primary: true, verified: true, visibility: 'public' },
    ],
  }
  const opened = { ...credentials, person }
  const tokens = new Set<string>()
  const common: Common = {
    name: 'GitHub of a test',
    authorizePath: '/login/oauth/authorize',
    cancelled: {
      error: 'access_denied',
      error_description: 'The user has denied your application access.',
      error_uri: 'https://docs.github.com/apps/troubleshooting-authorization-request-errors/',
    },
    issuer: (origin) => `${origin}/login/oauth`,
    personName: () => opened.person.login,
  }
  const server = await openSocialServer(common, options, credentials, async (question) => {
    const { request, response, url, redeem } = question
    if (request.method === 'POST' && url.pathname === '/login/oauth/access_token') {
      const form = await readForm(request)
      credentials.exchanges.push(form)
      if (form.get('client_id') !== opened.clientId)
        return sendJson(response, 404, { error: 'Not Found' })
      const refuse = (error: string, error_description: string) =>
        sendJson(response, 200, { error, error_description, error_uri: 'https://docs.github.com/' })
      if (form.get('client_secret') !== opened.clientSecret)
        return refuse(
          'incorrect_client_credentials',
          'The client_id and/or client_secret passed are incorrect.',
        )
      const asked = redeem(form.get('code'))
      if (asked === undefined || !provesPkce(asked, form))
        return refuse('bad_verification_code', 'The code passed is incorrect or expired.')
      if (form.get('redirect_uri') !== asked.get('redirect_uri'))
        return refuse(
          'redirect_uri_mismatch',
          'The redirect_uri MUST match the registered callback URL.',
        )
      const accessToken = `gho_${randomBytes(18).toString('hex')}`
      tokens.add(accessToken)
      return sendJson(response, 200, {
        access_token: accessToken,
        scope: 'read:user,user:email',
        token_type: 'bearer',
      })
    }
    const bearer = request.headers.authorization?.replace(/^Bearer /u, '') ?? ''
    if (!tokens.has(bearer)) return sendJson(response, 401, { message: 'Bad credentials' })
    const { emails, ...user } = opened.person
    if (url.pathname === '/api/v3/user')
      return sendJson(response, 200, { ...user, type: 'User', email: null })
    if (url.pathname === '/api/v3/user/emails')
      return emails === null
        ? sendJson(response, 403, { message: 'Resource not accessible by integration' })
        : sendJson(response, 200, emails)
    return sendJson(response, 404, { message: 'Not Found' })
  })
  return Object.assign(opened, { url: server.origin, close: server.close })
}

export async function openLinkedIn(
  options: SocialServerOptions,
): Promise<SocialServer<LinkedInPerson>> {
  const credentials = makeCredentials()
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const person: LinkedInPerson = {
    sub: '782bbtaQ',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    email_verified: true,
    picture: 'https://media.licdn.com/dms/image/ada',
  }
  const opened = { ...credentials, person }
  const tokens = new Set<string>()
  const common: Common = {
    name: 'LinkedIn of a test',
    authorizePath: '/v2/authorization',
    cancelled: {
      error: 'user_cancelled_login',
      error_description: 'The user cancelled LinkedIn login',
    },
    personName: () => opened.person.name,
  }
  const server = await openSocialServer(common, options, credentials, async (question) => {
    const { request, response, url, redeem } = question
    const base = url.origin
    if (url.pathname === '/.well-known/openid-configuration')
      return sendJson(response, 200, {
        issuer: base,
        authorization_endpoint: `${base}/v2/authorization`,
        token_endpoint: `${base}/v2/accessToken`,
        userinfo_endpoint: `${base}/v2/userinfo`,
        jwks_uri: `${base}/openid/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid', 'profile', 'email'],
      })
    if (url.pathname === '/openid/jwks')
      return sendJson(response, 200, {
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'linkedin', use: 'sig' }],
      })
    if (request.method === 'POST' && url.pathname === '/v2/accessToken') {
      const form = await readForm(request)
      credentials.exchanges.push(form)
      const isClient =
        form.get('client_id') === opened.clientId &&
        form.get('client_secret') === opened.clientSecret
      // It takes a code verifier of native apps alone.
      if (!isClient || form.has('code_verifier'))
        return sendJson(response, 401, {
          error: 'invalid_client',
          error_description: 'Client authentication failed',
        })
      const asked = redeem(form.get('code'))
      if (asked === undefined || form.get('redirect_uri') !== asked.get('redirect_uri'))
        return sendJson(response, 400, {
          error: 'invalid_request',
          error_description:
            'Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired.',
        })
      const accessToken = `AQX${randomBytes(40).toString('base64url')}`
      tokens.add(accessToken)
      // No nonce, whatever was asked.
      const idToken = await new SignJWT({ sub: opened.person.sub, email: opened.person.email })
        .setProtectedHeader({ alg: 'RS256', kid: 'linkedin', typ: 'JWT' })
        .setIssuer(base)
        .setAudience(opened.clientId)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey)
      return sendJson(response, 200, {
        access_token: accessToken,
        expires_in: 5_184_000,
        scope: 'email,openid,profile',
        token_type: 'Bearer',
        id_token: idToken,
      })
    }
    const bearer = request.headers.authorization?.replace(/^Bearer /u, '') ?? ''
    if (url.pathname === '/v2/userinfo' && tokens.has(bearer))
      return sendJson(response, 200, {
        ...opened.person,
        locale: { country: 'GB', language: 'en' },
      })
    return sendJson(response, 401, {
      status: 401,
      serviceErrorCode: 65_600,
      message: 'Invalid access token',
    })
  })
  return Object.assign(opened, { url: server.origin, close: server.close })
}

export async function openFacebook(
  options: SocialServerOptions,
): Promise<SocialServer<FacebookPerson>> {
  const credentials = makeCredentials()
  const person: FacebookPerson = {
    id: '10229876543210',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    picture: { data: { url: 'https://platform-lookaside.fbsbx.com/ada', is_silhouette: false } },
  }
  const opened = { ...credentials, person }
  const tokens = new Set<string>()
  const common: Common = {
    name: 'Facebook of a test',
    authorizePath: '/v24.0/dialog/oauth',
    cancelled: {
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
    },
    personName: () => opened.person.name,
  }
  const server = await openSocialServer(common, options, credentials, async (question) => {
    const { request, response, url, redeem } = question
    const refuse = (code: number, message: string) =>
      sendJson(response, 400, {
        error: { message, type: 'OAuthException', code, fbtrace_id: 'A1b2C3' },
      })
    if (request.method === 'POST' && url.pathname === '/v24.0/oauth/access_token') {
      const form = await readForm(request)
      credentials.exchanges.push(form)
      if (form.get('client_id') !== opened.clientId)
        return refuse(
          101,
          'Error validating application. Cannot get application info due to a system error.',
        )
      if (form.get('client_secret') !== opened.clientSecret)
        return refuse(1, 'Error validating client secret.')
      const asked = redeem(form.get('code'))
      if (asked === undefined || !provesPkce(asked, form))
        return refuse(100, 'This authorization code has been used.')
      if (form.get('redirect_uri') !== asked.get('redirect_uri'))
        return refuse(
          100,
          'Error validating verification code. Please make sure your redirect_uri is identical.',
        )
      const accessToken = `EAAB${randomBytes(40).toString('hex')}`
      tokens.add(accessToken)
      return sendJson(response, 200, {
        access_token: accessToken,
        token_type: 'bearer',
        expires_in: 5_183_944,
      })
    }
    const bearer = request.headers.authorization?.replace(/^Bearer /u, '') ?? ''
    if (!tokens.has(bearer)) return refuse(190, 'Invalid OAuth access token.')
    const proof = createHmac('sha256', opened.clientSecret).update(bearer).digest('hex')
    if (url.searchParams.get('appsecret_proof') !== proof)
      return refuse(100, 'Invalid appsecret_proof provided in the API argument')
    if (url.pathname !== '/v24.0/me') return refuse(2500, 'Unknown path components')
    const fields = (url.searchParams.get('fields') ?? '')
      .replace(/\.[^{,]*|\{[^}]*\}/gu, '')
      .split(',')
    const said = Object.entries(opened.person).filter(([name]) => fields.includes(name))
    return sendJson(response, 200, Object.fromEntries(said))
  })
  return Object.assign(opened, { url: server.origin, close: server.close })
}
