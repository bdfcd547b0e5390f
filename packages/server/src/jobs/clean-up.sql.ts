// Generated from clean-up.sql by tools/sql. Do not edit.
import { exec } from '../db/query.ts'

/** Sessions that ended or expired a while ago, with their grants. */
export const deleteOldSessions = exec<{ days: number; limit: number }>({
  name: 'jobs.clean-up.deleteOldSessions',
  text: `delete from sessions
 where id = any (array(select id from sessions
                        where ended_at < signet_now() - make_interval(days => $1::integer)
                        limit $2::integer
                          for update skip locked))
    or id = any (array(select id from sessions
                        where expires_at < signet_now() - make_interval(days => $1)
                        limit $2
                          for update skip locked))`,
  params: ['days', 'limit'],
  columns: [],
})

/** Grants that ended or expired a while ago. */
export const deleteOldGrants = exec<{ days: number; limit: number }>({
  name: 'jobs.clean-up.deleteOldGrants',
  text: `delete from grants
 where id = any (array(select id from grants
                        where ended_at < signet_now() - make_interval(days => $1::integer)
                        limit $2::integer
                          for update skip locked))
    or id = any (array(select id from grants
                        where expires_at < signet_now() - make_interval(days => $1)
                        limit $2
                          for update skip locked))`,
  params: ['days', 'limit'],
  columns: [],
})

/** Counters that mean nothing any more. Whoever counts forgets some too; this is for when nobody guesses. */
export const deleteForgottenGuesses = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteForgottenGuesses',
  text: `delete from guess_counters
 where key in (select key from guess_counters where forget_at <= signet_now()
                order by forget_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Devices that nobody has used for so long that they count as strange again. */
export const deleteForgottenDevices = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteForgottenDevices',
  text: `delete from known_devices
 where secret_hash in (select secret_hash from known_devices where expires_at <= signet_now()
                        order by expires_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Jobs that were done a while ago, and what they carried. */
export const deleteDoneJobs = exec<{ seconds: number; limit: number }>({
  name: 'jobs.clean-up.deleteDoneJobs',
  text: `delete from jobs.job
 where id in (select id from jobs.job
               where state = 'completed' and completed_on < jobs.job_now() - make_interval(secs => $1::integer)
               limit $2::integer
                 for update skip locked)`,
  params: ['seconds', 'limit'],
  columns: [],
})

/** Links that were used, or could have been, a while ago. */
export const deleteOldLinks = exec<{ days: number; limit: number }>({
  name: 'jobs.clean-up.deleteOldLinks',
  text: `delete from mailed_links
 where id in (select id from mailed_links where expires_at < signet_now() - make_interval(days => $1::integer)
               limit $2::integer for update skip locked)`,
  params: ['days', 'limit'],
  columns: [],
})

/** Accounts that could not be entered before their address was proved, and that nobody has proved in time. */
export const deleteUnprovenAccounts = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteUnprovenAccounts',
  text: `delete from users
 where id in (select u.id from users u
               where u.id in (select i.user_id from identifiers i
                               where i.verified_at is null and i.claim_expires_at <= signet_now()
                               order by i.claim_expires_at limit $1::integer)
                 and not exists (select from identifiers i where i.user_id = u.id and i.verified_at is not null)
                 for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Guests to whom nobody can come back: without a live session, and without a link that would make them somebody. A day is left for those who are just about to. */
export const deleteGoneGuests = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteGoneGuests',
  text: `delete from users
 where id in (select u.id from users u
               where u.is_guest and u.created_at < signet_now() - interval '1 day'
                 and not exists (select from sessions s
                                  where s.user_id = u.id and s.ended_at is null
                                    and least(s.idle_expires_at, s.expires_at) > signet_now())
                 and not exists (select from mailed_links l
                                  where l.user_id = u.id and l.used_at is null and l.expires_at > signet_now())
               order by u.created_at, u.id
               limit $1::integer
                 for update of u skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Invitations that were accepted, taken back, or could have been accepted, a while ago. */
export const deleteOldInvitations = exec<{ days: number; limit: number }>({
  name: 'jobs.clean-up.deleteOldInvitations',
  text: `delete from invitations
 where id in (select id from invitations where expires_at < signet_now() - make_interval(days => $1::integer)
               limit $2::integer for update skip locked)`,
  params: ['days', 'limit'],
  columns: [],
})

/** Counts of requests for mail that mean nothing any more. */
export const deleteForgottenMailRequests = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteForgottenMailRequests',
  text: `delete from mail_requests
 where key in (select key from mail_requests where forget_at <= signet_now()
                order by forget_at limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Assertions of clients that have expired: nobody can use one again. */
export const deleteUsedAssertions = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteUsedAssertions',
  text: `delete from client_assertions
 where ctid = any (array(select ctid from client_assertions where expires_at <= signet_now()
                          limit $1::integer for update skip locked))`,
  params: ['limit'],
  columns: [],
})

/** Authorization codes that expired so long ago that nobody looks for who used one twice. */
export const deleteOldCodes = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteOldCodes',
  text: `delete from authorization_codes
 where code_hash = any (array(select code_hash from authorization_codes
                               where expires_at < signet_now() - interval '1 day'
                               order by expires_at limit $1::integer for update skip locked))`,
  params: ['limit'],
  columns: [],
})

/** Sign-ins that nobody came back from a provider with. */
export const deleteOldProviderSignIns = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteOldProviderSignIns',
  text: `delete from federated_sign_ins
 where state_hash in (select state_hash from federated_sign_ins where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Identities that nobody took up. */
export const deleteOldWaitingIdentities = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteOldWaitingIdentities',
  text: `delete from waiting_identities
 where token_hash in (select token_hash from waiting_identities where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})

/** Logout tokens that have expired, and so count for nothing. */
export const deleteTakenLogoutTokens = exec<{ limit: number }>({
  name: 'jobs.clean-up.deleteTakenLogoutTokens',
  text: `delete from upstream_logouts
 where (provider, jti_hash) in (select provider, jti_hash from upstream_logouts where expires_at < signet_now() limit $1::integer for update skip locked)`,
  params: ['limit'],
  columns: [],
})
