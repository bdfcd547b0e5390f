-- What is over, and means nothing to anybody any more. Each statement deletes one bounded batch and passes over rows that
-- somebody holds.

-- name: deleteOldSessions :exec
-- Sessions that ended or expired a while ago, with their grants.
delete from sessions
 where id = any (array(select id from sessions
                        where ended_at < signet_now() - make_interval(days => :days::integer)
                        limit :limit::integer
                          for update skip locked))
    or id = any (array(select id from sessions
                        where expires_at < signet_now() - make_interval(days => :days)
                        limit :limit
                          for update skip locked));

-- name: deleteOldGrants :exec
-- Grants that ended or expired a while ago.
delete from grants
 where id = any (array(select id from grants
                        where ended_at < signet_now() - make_interval(days => :days::integer)
                        limit :limit::integer
                          for update skip locked))
    or id = any (array(select id from grants
                        where expires_at < signet_now() - make_interval(days => :days)
                        limit :limit
                          for update skip locked));

-- name: deleteForgottenGuesses :exec
-- Counters that mean nothing any more. Whoever counts forgets some too; this is for when nobody guesses.
delete from guess_counters
 where key in (select key from guess_counters where forget_at <= signet_now()
                order by forget_at limit :limit::integer for update skip locked);

-- name: deleteForgottenDevices :exec
-- Devices that nobody has used for so long that they count as strange again.
delete from known_devices
 where secret_hash in (select secret_hash from known_devices where expires_at <= signet_now()
                        order by expires_at limit :limit::integer for update skip locked);

-- name: deleteDoneJobs :exec
-- Jobs that were done a while ago, and what they carried.
delete from jobs.job
 where id in (select id from jobs.job
               where state = 'completed' and completed_on < jobs.job_now() - make_interval(secs => :seconds::integer)
               limit :limit::integer
                 for update skip locked);

-- name: deleteOldLinks :exec
-- Links that were used, or could have been, a while ago.
delete from mailed_links
 where id in (select id from mailed_links where expires_at < signet_now() - make_interval(days => :days::integer)
               limit :limit::integer for update skip locked);

-- name: deleteUnprovenAccounts :exec
-- Accounts that could not be entered before their address was proved, and that nobody has proved in time.
delete from users
 where id in (select u.id from users u
               where u.id in (select i.user_id from identifiers i
                               where i.verified_at is null and i.claim_expires_at <= signet_now()
                               order by i.claim_expires_at limit :limit::integer)
                 and not exists (select from identifiers i where i.user_id = u.id and i.verified_at is not null)
                 for update skip locked);

-- name: deleteGoneGuests :exec
-- Guests to whom nobody can come back: without a live session, and without a link that would make them somebody. A day is left
-- for those who are just about to.
delete from users
 where id in (select u.id from users u
               where u.is_guest and u.created_at < signet_now() - interval '1 day'
                 and not exists (select from sessions s
                                  where s.user_id = u.id and s.ended_at is null
                                    and least(s.idle_expires_at, s.expires_at) > signet_now())
                 and not exists (select from mailed_links l
                                  where l.user_id = u.id and l.used_at is null and l.expires_at > signet_now())
               order by u.created_at, u.id
               limit :limit::integer
                 for update of u skip locked);

-- name: deleteOldInvitations :exec
-- Invitations that were accepted, taken back, or could have been accepted, a while ago.
delete from invitations
 where id in (select id from invitations where expires_at < signet_now() - make_interval(days => :days::integer)
               limit :limit::integer for update skip locked);

-- name: deleteForgottenMailRequests :exec
-- Counts of requests for mail that mean nothing any more.
delete from mail_requests
 where key in (select key from mail_requests where forget_at <= signet_now()
                order by forget_at limit :limit::integer for update skip locked);

-- name: deleteUsedAssertions :exec
-- Assertions of clients that have expired: nobody can use one again.
delete from client_assertions
 where ctid = any (array(select ctid from client_assertions where expires_at <= signet_now()
                          limit :limit::integer for update skip locked));

-- name: deleteOldCodes :exec
-- Authorization codes that expired so long ago that nobody looks for who used one twice.
delete from authorization_codes
 where code_hash = any (array(select code_hash from authorization_codes
                               where expires_at < signet_now() - interval '1 day'
                               order by expires_at limit :limit::integer for update skip locked));

-- name: deleteOldProviderSignIns :exec
-- Sign-ins that nobody came back from a provider with.
delete from federated_sign_ins
 where state_hash in (select state_hash from federated_sign_ins where expires_at < signet_now() limit :limit::integer for update skip locked);

-- name: deleteOldWaitingIdentities :exec
-- Identities that nobody took up.
delete from waiting_identities
 where token_hash in (select token_hash from waiting_identities where expires_at < signet_now() limit :limit::integer for update skip locked);

-- name: deleteTakenLogoutTokens :exec
-- Logout tokens that have expired, and so count for nothing.
delete from upstream_logouts
 where (provider, jti_hash) in (select provider, jti_hash from upstream_logouts where expires_at < signet_now() limit :limit::integer for update skip locked);
