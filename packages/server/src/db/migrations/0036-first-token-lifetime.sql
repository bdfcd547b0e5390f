-- A database that has no signing key has never signed a token, so nobody need wait for those of a longer lifetime to expire: the
-- first instance says how long its tokens live, and that counts at once.
update revocation_head
   set token_lifetime_until = signet_now() - interval '1 second'
 where not exists (select from signing_keys);
