// Generated from mint-tokens.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** What a client may mint, and the position on which that rests; only where the secret that it proved itself with is still good, and the client with it. Also whether the provider is called like the namespace of somebody else. */
export const findMintingClient = maybe<
  {
    provider: string
    clientId: string
    secretId: string
  },
  {
    subjectNamespace: string | null
    permissions: string[]
    scopes: string[]
    audiences: string[]
    claims: string[]
    accessTokenLifetimeSeconds: number | null
    signingAlgorithm: 'ES256' | 'RS256' | 'EdDSA'
    position: bigint
    foreignProvider: boolean
  }
>({
  name: 'tokens.mint-tokens.findMintingClient',
  text: `select c.subject_namespace, c.permissions, c.scopes, c.audiences, c.claims, c.access_token_lifetime_seconds, c.signing_algorithm,
       revocation_position() as "position!",
       exists (select from clients o
                where o.subject_namespace = $1 and o.subject_namespace is distinct from c.subject_namespace) as "foreign_provider!"
  from clients c
  join client_secrets s on s.client_id = c.id
 where c.id = $2 and s.id = $3
   and c.status = 'active' and c.type <> 'public'
   and s.revoked_at is null and (s.expires_at is null or s.expires_at > signet_now())
   and s.rev >= greatest(c.cut, global_cut())`,
  params: ['provider', 'clientId', 'secretId'],
  columns: ['subjectNamespace', 'permissions', 'scopes', 'audiences', 'claims', 'accessTokenLifetimeSeconds', 'signingAlgorithm', 'position', 'foreignProvider'],
})
