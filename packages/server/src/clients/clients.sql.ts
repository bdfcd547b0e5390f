// Generated from clients.sql by tools/sql. Do not edit.
import { exec, many, maybe, one, type Json } from '../db/query.ts'

/** Registers a client, unless the id is taken. An id is never given to another client. */
export const insertClient = exec<
  {
    id: string
    name: string
    type: string
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: string
    scopes: readonly string[]
    allowedOrigins: readonly string[]
    permissions: readonly string[]
    resources: readonly string[]
    audiences: readonly string[]
    claims: readonly string[]
    accessTokenLifetimeSeconds: number | null
    grantTypes: readonly string[]
    redirectUris: readonly string[]
    postLogoutRedirectUris: readonly string[]
    backchannelLogoutUri: string | null
    responseModes: readonly string[]
    pkceRequired: boolean
    jwks: NonNullable<Json> | null
    jwksUri: string | null
    clientUri: string | null
    logoUri: string | null
    policyUri: string | null
    tosUri: string | null
    now: Date
  }
>({
  name: 'clients.insertClient',
  text: `insert into clients (id, name, type, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
                     allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types,
                     redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks,
                     jwks_uri, client_uri, logo_uri, policy_uri, tos_uri, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        $10, $11, $12, $13, $14, $15, $16,
        $17, $18, $19, $20, $21, $22,
        $23, $24, $25, $26, $27, $28, $28)
on conflict (id) do nothing`,
  params: ['id', 'name', 'type', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'permissions', 'resources', 'audiences', 'claims', 'accessTokenLifetimeSeconds', 'grantTypes', 'redirectUris', 'postLogoutRedirectUris', 'backchannelLogoutUri', 'responseModes', 'pkceRequired', 'jwks', 'jwksUri', 'clientUri', 'logoUri', 'policyUri', 'tosUri', 'now'],
  columns: [],
  json: ['jwks'],
})

/** One client. */
export const findClient = maybe<
  {
    id: string
  },
  {
    id: string
    name: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    scopes: string[]
    allowedOrigins: string[]
    permissions: string[]
    resources: string[]
    audiences: string[]
    claims: string[]
    accessTokenLifetimeSeconds: number | null
    grantTypes: string[]
    redirectUris: string[]
    postLogoutRedirectUris: string[]
    backchannelLogoutUri: string | null
    responseModes: string[]
    pkceRequired: boolean
    jwks: Json | null
    jwksUri: string | null
    clientUri: string | null
    logoUri: string | null
    policyUri: string | null
    tosUri: string | null
    createdAt: Date
    logoHash: string | null
    logoFetchedAt: Date | null
    logoProblem: string | null
  }
>({
  name: 'clients.findClient',
  text: `select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types, redirect_uris,
       post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks, jwks_uri, client_uri, logo_uri,
       policy_uri, tos_uri, created_at, l.hash as logo_hash, l.fetched_at as logo_fetched_at,
       case when l.uri = logo_uri then l.problem end as logo_problem
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where id = $1`,
  params: ['id'],
  columns: ['id', 'name', 'type', 'status', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'permissions', 'resources', 'audiences', 'claims', 'accessTokenLifetimeSeconds', 'grantTypes', 'redirectUris', 'postLogoutRedirectUris', 'backchannelLogoutUri', 'responseModes', 'pkceRequired', 'jwks', 'jwksUri', 'clientUri', 'logoUri', 'policyUri', 'tosUri', 'createdAt', 'logoHash', 'logoFetchedAt', 'logoProblem'],
})

/** A client that people authorize, and what it may ask for. */
export const findAuthorizationClient = maybe<
  {
    id: string
  },
  {
    id: string
    name: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    firstParty: boolean
    scopes: string[]
    audiences: string[]
    grantTypes: string[]
    responseModes: string[]
    redirectUris: string[]
    pkceRequired: boolean
  }
>({
  name: 'clients.findAuthorizationClient',
  text: `select id, name, type, status, first_party, scopes, audiences, grant_types, response_modes, redirect_uris, pkce_required
  from clients
 where id = $1`,
  params: ['id'],
  columns: ['id', 'name', 'type', 'status', 'firstParty', 'scopes', 'audiences', 'grantTypes', 'responseModes', 'redirectUris', 'pkceRequired'],
})

/** One client, locked: secrets are given out one after the other. */
export const findClientForUpdate = maybe<
  {
    id: string
  },
  {
    id: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    subjectNamespace: string | null
    permissions: string[]
    signs: boolean
  }
>({
  name: 'clients.findClientForUpdate',
  text: `select id, type, status, subject_namespace, permissions, jwks is not null or jwks_uri is not null as "signs!"
  from clients
 where id = $1
   for no key update`,
  params: ['id'],
  columns: ['id', 'type', 'status', 'subjectNamespace', 'permissions', 'signs'],
})

/** Clients by id, after the one that is named. */
export const listClients = many<
  {
    after: string | null
    limit: number
  },
  {
    id: string
    name: string
    type: 'public' | 'confidential' | 'service'
    status: 'active' | 'disabled'
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    subjectNamespace: string | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    scopes: string[]
    allowedOrigins: string[]
    permissions: string[]
    resources: string[]
    audiences: string[]
    claims: string[]
    accessTokenLifetimeSeconds: number | null
    grantTypes: string[]
    redirectUris: string[]
    postLogoutRedirectUris: string[]
    backchannelLogoutUri: string | null
    responseModes: string[]
    pkceRequired: boolean
    jwks: Json | null
    jwksUri: string | null
    clientUri: string | null
    logoUri: string | null
    policyUri: string | null
    tosUri: string | null
    createdAt: Date
    logoHash: string | null
    logoFetchedAt: Date | null
    logoProblem: string | null
  }
>({
  name: 'clients.listClients',
  text: `select id, name, type, status, first_party, direct_sign_in, confirming, subject_namespace, signing_algorithm, scopes,
       allowed_origins, permissions, resources, audiences, claims, access_token_lifetime_seconds, grant_types, redirect_uris,
       post_logout_redirect_uris, backchannel_logout_uri, response_modes, pkce_required, jwks, jwks_uri, client_uri, logo_uri,
       policy_uri, tos_uri, created_at, l.hash as logo_hash, l.fetched_at as logo_fetched_at,
       case when l.uri = logo_uri then l.problem end as logo_problem
  from clients
  left join client_logos l on l.client_id = id and logo_uri is not null
 where $1::text is null or id > $1
 order by id
 limit $2::integer`,
  params: ['after', 'limit'],
  columns: ['id', 'name', 'type', 'status', 'firstParty', 'directSignIn', 'confirming', 'subjectNamespace', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'permissions', 'resources', 'audiences', 'claims', 'accessTokenLifetimeSeconds', 'grantTypes', 'redirectUris', 'postLogoutRedirectUris', 'backchannelLogoutUri', 'responseModes', 'pkceRequired', 'jwks', 'jwksUri', 'clientUri', 'logoUri', 'policyUri', 'tosUri', 'createdAt', 'logoHash', 'logoFetchedAt', 'logoProblem'],
})

/** The secrets of a client that are good, the newest first; of each only what tells it apart. */
export const listClientSecrets = many<
  {
    clientId: string
  },
  {
    prefix: string
    createdAt: Date
    expiresAt: Date | null
    lastUsedAt: Date | null
  }
>({
  name: 'clients.listClientSecrets',
  text: `select prefix, created_at, expires_at, last_used_at
  from client_secrets
 where client_id = $1 and revoked_at is null and (expires_at is null or expires_at > signet_now())
 order by created_at desc, id desc`,
  params: ['clientId'],
  columns: ['prefix', 'createdAt', 'expiresAt', 'lastUsedAt'],
})

/** Stores what a secret is recognised by. It rests on the position that is read here. */
export const insertClientSecret = exec<
  {
    id: string
    clientId: string
    prefix: string
    secretHash: Buffer
    lifetimeDays: number | null
  }
>({
  name: 'clients.insertClientSecret',
  text: `insert into client_secrets (id, client_id, kind, prefix, secret_hash, rev, created_at, expires_at)
values ($1, $2, 'client_secret', $3, $4, revocation_position(), signet_now(),
        signet_now() + make_interval(days => $5::integer))`,
  params: ['id', 'clientId', 'prefix', 'secretHash', 'lifetimeDays'],
  columns: [],
})

/** Of the good secrets of a client the newest stay. Needs the lock on the client. */
export const revokeOlderClientSecrets = exec<{ clientId: string; secretsMax: number }>({
  name: 'clients.revokeOlderClientSecrets',
  text: `update client_secrets
   set revoked_at = signet_now()
 where client_id = $1 and revoked_at is null
   and id not in (select s.id from client_secrets s
                   where s.client_id = $1 and s.revoked_at is null
                     and (s.expires_at is null or s.expires_at > signet_now())
                   order by s.created_at desc, s.id desc
                   limit $2::integer)`,
  params: ['clientId', 'secretsMax'],
  columns: [],
})

/** Replaces everything of a client that can change. Needs the lock on it. */
export const replaceClient = exec<
  {
    name: string
    firstParty: boolean
    directSignIn: boolean
    confirming: boolean
    signingAlgorithm: string
    scopes: readonly string[]
    allowedOrigins: readonly string[]
    permissions: readonly string[]
    resources: readonly string[]
    audiences: readonly string[]
    claims: readonly string[]
    accessTokenLifetimeSeconds: number | null
    grantTypes: readonly string[]
    redirectUris: readonly string[]
    postLogoutRedirectUris: readonly string[]
    backchannelLogoutUri: string | null
    responseModes: readonly string[]
    pkceRequired: boolean
    jwks: NonNullable<Json> | null
    jwksUri: string | null
    clientUri: string | null
    logoUri: string | null
    policyUri: string | null
    tosUri: string | null
    now: Date
    id: string
  }
>({
  name: 'clients.replaceClient',
  text: `update clients
   set name = $1, first_party = $2, direct_sign_in = $3, confirming = $4,
       signing_algorithm = $5, scopes = $6, allowed_origins = $7, permissions = $8,
       resources = $9, audiences = $10, claims = $11,
       access_token_lifetime_seconds = $12, grant_types = $13, redirect_uris = $14,
       post_logout_redirect_uris = $15, backchannel_logout_uri = $16,
       response_modes = $17, pkce_required = $18, jwks = $19, jwks_uri = $20,
       client_uri = $21, logo_uri = $22, policy_uri = $23, tos_uri = $24, updated_at = $25
 where id = $26`,
  params: ['name', 'firstParty', 'directSignIn', 'confirming', 'signingAlgorithm', 'scopes', 'allowedOrigins', 'permissions', 'resources', 'audiences', 'claims', 'accessTokenLifetimeSeconds', 'grantTypes', 'redirectUris', 'postLogoutRedirectUris', 'backchannelLogoutUri', 'responseModes', 'pkceRequired', 'jwks', 'jwksUri', 'clientUri', 'logoUri', 'policyUri', 'tosUri', 'now', 'id'],
  columns: [],
  json: ['jwks'],
})

/** Opens a closed client again. */
export const enableClient = exec<{ now: Date; id: string }>({
  name: 'clients.enableClient',
  text: `update clients set status = 'active', updated_at = $1 where id = $2 and status = 'disabled'`,
  params: ['now', 'id'],
  columns: [],
})

/** Closes a client; the built-in one stays. Locks it for the entry in the revocation log. */
export const disableClient = exec<{ now: Date; id: string; ownClientId: string }>({
  name: 'clients.disableClient',
  text: `update clients set status = 'disabled', updated_at = $1 where id = $2 and status = 'active' and id <> $3`,
  params: ['now', 'id', 'ownClientId'],
  columns: [],
})

/** Writes the entry that ends everything the client holds. Needs the lock on the client. */
export const logClientDisabled = one<{ id: string }, { entryId: bigint }>({
  name: 'clients.logClientDisabled',
  text: `select log_revocation('client', $1, 'client_disabled') as "entry_id!"`,
  params: ['id'],
  columns: ['entryId'],
})

/** The client of this id, and what is to be said of the secret with this hash. It rests on the position that is read here. */
export const judgeClientSecret = maybe<
  {
    secretHash: Buffer
    clientId: string
  },
  {
    permissions: string[]
    subjectNamespace: string | null
    resources: string[]
    grantTypes: string[]
    scopes: string[]
    audiences: string[]
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    accessTokenLifetimeSeconds: number | null
    secretId: string | null
    rev: bigint | null
    remainingSeconds: number | null
    useUnnoted: boolean
    verdict: string
  }
>({
  name: 'clients.judgeClientSecret',
  text: `select c.permissions, c.subject_namespace, c.resources, c.grant_types, c.scopes, c.audiences, c.signing_algorithm,
       c.access_token_lifetime_seconds,
       s.id as "secret_id?", s.rev as "rev?", extract(epoch from s.expires_at - signet_now())::double precision as "remaining_seconds?",
       s.last_used_at is null or s.last_used_at < signet_now() - interval '1 hour' as "use_unnoted!",
       case
         when c.type = 'public'                       then 'a public client has no secret'
         when c.status <> 'active'                    then 'the client is disabled'
         when s.id is null                            then 'the client has no such secret'
         when s.revoked_at is not null                then 'the secret was replaced'
         when s.expires_at <= signet_now()            then 'the secret has expired'
         when s.rev < greatest(c.cut, global_cut())   then 'the secret was ended with everything of its time'
         else                                              'good'
       end as "verdict!"
  from clients c
  left join client_secrets s on s.client_id = c.id and s.secret_hash = $1 and s.kind = 'client_secret'
 where c.id = $2`,
  params: ['secretHash', 'clientId'],
  columns: ['permissions', 'subjectNamespace', 'resources', 'grantTypes', 'scopes', 'audiences', 'signingAlgorithm', 'accessTokenLifetimeSeconds', 'secretId', 'rev', 'remainingSeconds', 'useUnnoted', 'verdict'],
})

/** Notes that a secret is used, at most once an hour. */
export const noteSecretUse = exec<{ id: string }>({
  name: 'clients.noteSecretUse',
  text: `update client_secrets
   set last_used_at = signet_now()
 where id = $1 and (last_used_at is null or last_used_at < signet_now() - interval '1 hour')`,
  params: ['id'],
  columns: [],
})

/** Where the public keys of a client are; no row where it proves itself in another way, or in none. */
export const findClientKeySet = maybe<{ id: string }, { jwks: Json | null; jwksUri: string | null }>({
  name: 'clients.findClientKeySet',
  text: `select jwks, jwks_uri
  from clients
 where id = $1 and type <> 'public' and status = 'active' and (jwks is not null or jwks_uri is not null)`,
  params: ['id'],
  columns: ['jwks', 'jwksUri'],
})

/** Uses an assertion whose signature was found right, once; and says what is to be said of its client and its times. Ten seconds are forgiven to clocks at its end, and a minute at its beginning. It rests on the position that is read here. */
export const useClientAssertion = maybe<
  {
    exp: number
    notBefore: number | null
    clientId: string
    jtiHash: Buffer
  },
  {
    permissions: string[]
    subjectNamespace: string | null
    resources: string[]
    grantTypes: string[]
    scopes: string[]
    audiences: string[]
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    accessTokenLifetimeSeconds: number | null
    rev: bigint
    verdict: string
  }
>({
  name: 'clients.useClientAssertion',
  text: `with judged as materialized (
  select c.id, c.permissions, c.subject_namespace, c.resources, c.grant_types, c.scopes, c.audiences, c.signing_algorithm,
         c.access_token_lifetime_seconds,
         case
           when c.type = 'public' or (c.jwks is null and c.jwks_uri is null)        then 'the client does not prove itself by keys'
           when c.status <> 'active'                                                then 'the client is disabled'
           when to_timestamp($1) <= signet_now() - interval '10 seconds'          then 'the assertion has expired'
           when to_timestamp($1) > signet_now() + interval '310 seconds'          then 'the assertion expires later than in five minutes'
           when to_timestamp($2) > signet_now() + interval '60 seconds'    then 'the assertion is not good yet'
           else                                                                          'good'
         end as verdict
    from clients c
   where c.id = $3
), used as (
  insert into client_assertions (client_id, jti_hash, expires_at)
  select j.id, $4, to_timestamp($1) + interval '60 seconds' from judged j where j.verdict = 'good'
  on conflict do nothing
  returning client_id
)
select j.permissions, j.subject_namespace, j.resources, j.grant_types, j.scopes, j.audiences, j.signing_algorithm,
       j.access_token_lifetime_seconds, revocation_position() as "rev!",
       case when j.verdict = 'good' and not exists (select from used) then 'the assertion was used before'
            else j.verdict end as "verdict!"
  from judged j`,
  params: ['exp', 'notBefore', 'clientId', 'jtiHash'],
  columns: ['permissions', 'subjectNamespace', 'resources', 'grantTypes', 'scopes', 'audiences', 'signingAlgorithm', 'accessTokenLifetimeSeconds', 'rev', 'verdict'],
})

/** A client that has nothing to prove itself with, and what tokens it may get. */
export const findPublicClient = maybe<
  {
    id: string
  },
  {
    grantTypes: string[]
    scopes: string[]
    audiences: string[]
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    accessTokenLifetimeSeconds: number | null
  }
>({
  name: 'clients.findPublicClient',
  text: `select grant_types, scopes, audiences, signing_algorithm, access_token_lifetime_seconds
  from clients
 where id = $1 and type = 'public' and status = 'active'`,
  params: ['id'],
  columns: ['grantTypes', 'scopes', 'audiences', 'signingAlgorithm', 'accessTokenLifetimeSeconds'],
})

/** Assertions of clients that have expired: nobody can use one again. */
export const deleteUsedAssertions = exec<{ limit: number }>({
  name: 'clients.deleteUsedAssertions',
  text: `delete from client_assertions
 where ctid = any (array(select ctid from client_assertions where expires_at <= signet_now()
                          limit $1::integer for update skip locked))`,
  params: ['limit'],
  columns: [],
})
