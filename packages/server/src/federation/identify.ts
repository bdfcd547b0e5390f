/**
 * Who came back from a provider.
 *
 * 1. `iss` of the answer where it is there, or was announced (RFC 9207 §2.4); `state`; what the provider says went wrong. All of it
 *    before anything is asked.
 * 2. The code is exchanged, with the code verifier.
 * 3. OpenID Connect: the ID token (see `judge-token.ts`), and the nonce in it. OAuth: what the API says to the access token.
 * 4. Userinfo, where the ID token does not say everything: of the same subject (OpenID Connect Core 1.0 §5.3.2).
 *
 * Errors: UpstreamRefused.
 */

import { timingSafeEqual } from 'node:crypto'
import * as openid from 'openid-client'
import { Secret } from '../config/secret.ts'
import type { Json } from '../db/query.ts'
import type { IdentityProvider, UpstreamIdentity, UpstreamTokens } from './identity-provider.ts'
import { type JudgedClaims, judgeToken } from './judge-token.ts'
import type { JsonObject, OAuthProfile, OpenIdProfile } from './profiles/profile.ts'
import { openProviderClient, refusalOf } from './provider-client.ts'
import type { DiscoveryDocument } from './provider-documents.ts'
import { askForJson } from './provider-fetch.ts'
import { clientSecretOf, type Reached, reachProvider } from './reach-provider.ts'
import { type UpstreamAnswer, type UpstreamParts, UpstreamRefused } from './upstream.ts'
import { identityOf } from './upstream-identity.ts'
import { tokensOf } from './upstream-tokens.ts'

type Answered = { identity: UpstreamIdentity; tokens: UpstreamTokens }

export async function identify(
  parts: UpstreamParts,
  provider: IdentityProvider,
  answer: UpstreamAnswer,
): Promise<Answered> {
  const reached = await reachProvider(parts, provider)
  const { profile } = reached
  const { configuration, aside } = openProviderClient(parts, provider, reached)
  const secrets = [
    clientSecretOf(profile, provider, parts.now()),
    answer.parameters.get('code') ?? '',
    answer.codeVerifier,
  ]
  const back = addressOf(answer, reached, provider)
  const given = await openid
    .authorizationCodeGrant(configuration, back, {
      expectedState: answer.state,
      ...(profile.takesPkce && { pkceCodeVerifier: answer.codeVerifier }),
    })
    .catch((error: unknown) => {
      throw refusalOf(error, secrets)
    })
  const accessToken = new Secret(given.access_token)
  const context = { parts, provider, answer, accessToken }
  const identity = isOpenId(reached)
    ? await identifyByIdToken(reached, { ...context, configuration, idToken: aside.idToken })
    : await identifyByApi(reached.profile as OAuthProfile, context)
  return { identity, tokens: tokensOf(given, profile, provider, parts.now()) }
}

/**
 * Where the browser came back to. An issuer of one tenant is replaced by what discovery calls all of them, which is what
 * `openid-client` compares it with.
 */
function addressOf(
  { redirectUri, parameters }: UpstreamAnswer,
  { profile, server }: Reached,
  { settings }: IdentityProvider,
): URL {
  const back = new URL(redirectUri)
  back.search = parameters.toString()
  const said = parameters.getAll('iss')
  const [iss] = said
  if (profile.protocol === 'openid' && said.length === 1 && iss !== undefined)
    if (profile.isIssuer?.(iss, server.issuer, settings))
      back.searchParams.set('iss', server.issuer)
  return back
}

function isOpenId(
  reached: Reached,
): reached is { profile: OpenIdProfile; server: DiscoveryDocument } {
  return reached.profile.protocol === 'openid'
}

interface Context {
  parts: UpstreamParts
  provider: IdentityProvider
  answer: UpstreamAnswer
  accessToken: Secret
}

async function identifyByIdToken(
  { profile, server }: { profile: OpenIdProfile; server: DiscoveryDocument },
  context: Context & { configuration: openid.Configuration; idToken: string | undefined },
): Promise<UpstreamIdentity> {
  const { parts, provider, answer, idToken } = context
  if (idToken === undefined)
    throw new UpstreamRefused('answer', 'the provider answers without an ID token')
  const claims = await judgeToken(idToken, {
    subject: 'the ID token',
    types: ['jwt'],
    keys: parts.documents.keys,
    jwksUri: server.jwks_uri,
    issuerOf: (said) =>
      profile.issuerOf ? profile.issuerOf(server.issuer, said, provider.settings) : server.issuer,
    clientId: provider.clientId,
    now: parts.now(),
  })
  judgeNonce(claims, answer.nonce, profile)
  const { sub } = claims
  if (typeof sub !== 'string') throw new UpstreamRefused('answer', 'the ID token names nobody')
  const userinfo =
    profile.saysAllInIdToken || server.userinfo_endpoint === undefined
      ? undefined
      : await readUserinfo(context, sub)
  const said = { idToken: claims, userinfo, parameters: answer.parameters }
  return identityOf({ issuer: claims.iss, subject: sub, proof: claims }, profile.person(said))
}

function judgeNonce({ nonce }: JudgedClaims, expected: string, profile: OpenIdProfile): void {
  if (nonce === undefined && !profile.sendsNonce) return
  const said = Buffer.from(typeof nonce === 'string' ? nonce : '')
  const wanted = Buffer.from(expected)
  if (said.length !== wanted.length || !timingSafeEqual(said, wanted))
    throw new UpstreamRefused('answer', 'the ID token has another nonce: it is of another visit')
}

async function readUserinfo(
  { configuration, accessToken }: { configuration: openid.Configuration; accessToken: Secret },
  subject: string,
): Promise<JsonObject> {
  try {
    const token = accessToken.reveal()
    return (await openid.fetchUserInfo(configuration, token, subject)) as unknown as JsonObject
  } catch (error) {
    throw refusalOf(error, [accessToken.reveal()])
  }
}

async function identifyByApi(
  profile: OAuthProfile,
  { parts, provider, accessToken }: Context,
): Promise<UpstreamIdentity> {
  const { issuer, api } = profile.endpoints(provider.settings)
  const token = accessToken.reveal()
  const get = (url: string) => readApi(parts, url, token)
  const person = await profile.person({ accessToken: token, base: api, get }, provider)
  return identityOf({ issuer, subject: person.subject, proof: {} }, person)
}

async function readApi(
  { fetch }: Pick<UpstreamParts, 'fetch'>,
  url: string,
  accessToken: string,
): Promise<Json> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const { status, json } = await askForJson(fetch, url, { method: 'GET', headers }).catch(
    (error: unknown) => {
      throw refusalOf(error, [accessToken])
    },
  )
  if (status === 200 && json !== undefined) return json
  const where = new URL(url)
  throw new UpstreamRefused('answer', `${where.host}${where.pathname} answers ${status}`)
}
