// Generated from client-logos.sql by tools/sql. Do not edit.
import { exec, maybe } from '../db/query.ts'

/** Where the picture of a client is to be fetched; no row where it has none. */
export const findLogoUri = maybe<{ clientId: string }, { logoUri: string }>({
  name: 'clients.client-logos.findLogoUri',
  text: `select logo_uri as "logo_uri!" from clients where id = $1 and logo_uri is not null`,
  params: ['clientId'],
  columns: ['logoUri'],
})

/** Makes a picture the logo of a client, where its record still names the address that it came from. */
export const keepLogo = exec<{ logoUri: string; hash: string; picture: Buffer; clientId: string }>({
  name: 'clients.client-logos.keepLogo',
  text: `insert into client_logos (client_id, uri, problem, hash, picture, fetched_at)
select id, $1, null, $2, $3, signet_now() from clients where id = $4 and logo_uri = $1
on conflict (client_id) do update
   set uri = excluded.uri, problem = null, hash = excluded.hash, picture = excluded.picture, fetched_at = excluded.fetched_at`,
  params: ['logoUri', 'hash', 'picture', 'clientId'],
  columns: [],
})

/** Notes why an address brought no picture, where the record still names it. What was there before stays. */
export const noteLogoProblem = exec<{ logoUri: string; problem: string; clientId: string }>({
  name: 'clients.client-logos.noteLogoProblem',
  text: `insert into client_logos (client_id, uri, problem)
select id, $1, $2 from clients where id = $3 and logo_uri = $1
on conflict (client_id) do update set uri = excluded.uri, problem = excluded.problem`,
  params: ['logoUri', 'problem', 'clientId'],
  columns: [],
})

/** A client without an address has no picture. */
export const forgetLogo = exec<{ clientId: string }>({
  name: 'clients.client-logos.forgetLogo',
  text: `delete from client_logos where client_id = $1`,
  params: ['clientId'],
  columns: [],
})

/** A picture that is the logo of some client. */
export const findLogoPicture = maybe<{ hash: string }, { picture: Buffer }>({
  name: 'clients.client-logos.findLogoPicture',
  text: `select l.picture as "picture!"
  from client_logos l
  join clients c on c.id = l.client_id
 where l.hash = $1 and c.logo_uri is not null
 limit 1`,
  params: ['hash'],
  columns: ['picture'],
})
