-- The schema after all migrations, read back from the catalog of Postgres. Generated; do not edit.
-- Monthly partitions are left out.

CREATE OR REPLACE FUNCTION public.admit_guess(account bytea, address bytea, source bytea)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  retry_after integer := (select r from guess_retry_after(array[account, address]) as r);
  forgiven    integer;
begin
  if retry_after is not null then return retry_after; end if;
  if address is null then
    delete from guess_counters where key = account;
    return null;
  end if;
  if not exists (select from guess_counters where key = source) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  retry_after := (select r from guess_retry_after(array[account, address]) as r);
  if retry_after is not null then return retry_after; end if;
  delete from guess_counters where key = source returning failures into forgiven;
  if forgiven is null then return null; end if;
  delete from guess_counters where key = account and failures <= forgiven;
  update guess_counters set failures = failures - forgiven where key = account;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.basic_role_of(id uuid)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT
         CASE
             WHEN (EXISTS ( SELECT
                FROM users u
               WHERE ((u.id = basic_role_of.id) AND u.is_guest))) THEN 'guest'::text
             ELSE 'user'::text
         END AS "case";
END;

CREATE OR REPLACE FUNCTION public.count_failed_guess(account bytea, address bytea, source bytea, account_max integer, address_max integer, address_window integer, OUT retry_after integer, OUT closed_for integer)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  at     timestamptz;
  closes timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  if address is not null then
    perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(address, 'hex'), 0));
  end if;
  retry_after := (select r from guess_retry_after(array[account, address]) as r);
  if retry_after is not null then return; end if;
  at := signet_now();

  insert into guess_counters as c (key, failures, closed_until, forget_at)
  values (account, 1, at + guess_delay(1, account_max), at + interval '30 days')
  on conflict (key) do update
     set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
         closed_until = at + guess_delay(case when c.forget_at <= at then 1 else c.failures + 1 end, account_max),
         forget_at = excluded.forget_at
  returning c.closed_until into closes;
  if closes is not null then closed_for := ceil(extract(epoch from closes - at)); end if;

  if address is not null then
    insert into guess_counters as c (key, failures, forget_at)
    values (address, 1, at + make_interval(secs => address_window))
    on conflict (key) do update
       set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
           closed_until = case when c.forget_at > at and c.failures + 1 >= address_max then c.forget_at end,
           forget_at = case when c.forget_at <= at then excluded.forget_at else c.forget_at end;
    insert into guess_counters as c (key, failures, forget_at)
    values (source, 1, at + interval '30 days')
    on conflict (key) do update
       set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
           forget_at = excluded.forget_at;
  end if;

  -- Last, because others may be waiting for a row that is forgotten here, and this waits for nobody any more.
  -- An array, because a subquery may be run once for each row, and what was deleted meanwhile does not count for its limit.
  delete from guess_counters c
   where c.key = any (array(select old.key from guess_counters old where old.forget_at <= at
                             order by old.forget_at limit 100 for update skip locked));
end $function$;

CREATE OR REPLACE FUNCTION public.count_failure(counted bytea, failures_max integer, window_seconds integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
begin
  insert into guess_counters as c (key, failures, forget_at)
  values (counted, 1, signet_now() + make_interval(secs => window_seconds))
  on conflict (key) do update
     set failures = case when c.forget_at <= signet_now() then 1 else c.failures + 1 end,
         closed_until = case when c.forget_at > signet_now() and c.failures + 1 >= failures_max then c.forget_at end,
         forget_at = case when c.forget_at <= signet_now() then excluded.forget_at else c.forget_at end
   where c.closed_until is null or c.closed_until <= signet_now();
  if found then return null; end if;
  return coalesce((select r from guess_retry_after(array[counted]) as r), 1);
end $function$;

CREATE OR REPLACE FUNCTION public.current_system_identifier()
 RETURNS bigint
 LANGUAGE sql
RETURN (SELECT pg_control_system.system_identifier FROM pg_control_system() pg_control_system(pg_control_version, catalog_version_no, system_identifier, pg_control_last_modified));

CREATE OR REPLACE FUNCTION public.current_timeline()
 RETURNS text
 LANGUAGE sql
RETURN "left"(pg_walfile_name(pg_current_wal_lsn()), 8);

CREATE OR REPLACE FUNCTION public.end_backchannel_sessions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  with locked as materialized (
    select n.session_id, n.client_id, max(n.entry_id) as entry_id
      from (select b.session_id, b.client_id, e.id as entry_id
              from entries e
              join backchannel_logouts b on b.session_id = case when e.scope = 'sid' then e.value::uuid end
             where e.kind = 'ended' and e.scope = 'sid' and b.look_at is not null
            union all
            select b.session_id, b.client_id, e.id
              from entries e
              join backchannel_logouts b on b.user_id = case when e.scope = 'sub' then e.value::uuid end
             where e.kind = 'ended' and e.scope = 'sub' and b.look_at is not null
               and b.session_id is distinct from e.except_sid) n
     group by 1, 2
  ), held as materialized (
    select b.session_id, b.client_id, l.entry_id
      from backchannel_logouts b
      join locked l using (session_id, client_id)
     order by 1, 2
       for no key update of b
  )
  update backchannel_logouts b
     set look_at = null, ended_at = signet_now(), entry_id = h.entry_id
    from held h
   where b.session_id = h.session_id and b.client_id = h.client_id and b.look_at is not null;

  if exists (select from entries e where e.kind = 'ended' and e.scope in ('client', 'all')) then
    with held as materialized (
      select b.session_id, b.client_id
        from backchannel_logouts b
        join sessions s on s.id = b.session_id
       where b.look_at is not null
         and exists (select from entries e where e.kind = 'ended' and (e.scope = 'all' or (e.scope = 'client' and e.value = s.client_id)))
       order by 1, 2
         for no key update of b
    )
    update backchannel_logouts b
       set look_at = signet_now()
      from held h
     where b.session_id = h.session_id and b.client_id = h.client_id and b.look_at is not null;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.end_guesthood()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update users set is_guest = false where id = new.user_id and is_guest;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.ensure_event_partitions()
 RETURNS integer
 LANGUAGE plpgsql
 SET "TimeZone" TO 'UTC'
 SET lock_timeout TO '1s'
AS $function$
declare
  first_of_month timestamptz;
  partition_name text;
  made           integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('signet.event_partitions')) then return made; end if;
  for months_ahead in 0..3 loop
    first_of_month := date_trunc('month', signet_now()) + make_interval(months => months_ahead);
    partition_name := to_char(first_of_month, '"events_"YYYY_MM');
    continue when to_regclass(partition_name) is not null;
    continue when exists (
      select from events_default
      where occurred_at >= first_of_month and occurred_at < first_of_month + interval '1 month'
    );
    execute format('create table %I (like events including all)', partition_name);
    execute format('create trigger events_no_truncate before truncate on %I '
      'for each statement execute function protect_event()', partition_name);
    execute format('alter table events attach partition %I for values from (%L) to (%L)',
      partition_name, first_of_month, first_of_month + interval '1 month');
    made := made + 1;
  end loop;
  return made;
end $function$;

CREATE OR REPLACE FUNCTION public.global_cut()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT revocation_head.cut FROM revocation_head);

CREATE OR REPLACE FUNCTION public.guess_delay(failures integer, free integer)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (failures >= 100) THEN '30 days'::interval WHEN (failures >= free) THEN LEAST(('00:00:30'::interval * ((2)::double precision ^ (LEAST((failures - free), 12))::double precision)), '1 day'::interval) ELSE NULL::interval END;

CREATE OR REPLACE FUNCTION public.guess_retry_after(keys bytea[])
 RETURNS SETOF integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT (GREATEST((1)::numeric, ceil(EXTRACT(epoch FROM (max(c.closed_until) - signet_now())))))::integer AS "greatest"
    FROM guess_counters c
   WHERE ((c.key = ANY (guess_retry_after.keys)) AND (c.closed_until > signet_now()))
  HAVING (count(*) > 0);
END;

CREATE OR REPLACE FUNCTION public.has_other_way_in(owner uuid, without uuid, configured text[])
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN ((EXISTS (SELECT FROM federated_identities i WHERE ((i.user_id = has_other_way_in.owner) AND (i.id <> has_other_way_in.without) AND ((i.provider = ANY (has_other_way_in.configured)) OR (EXISTS (SELECT FROM identity_providers p WHERE ((p.id = i.provider) AND (p.status = 'active'::text)))))))) OR (EXISTS (SELECT FROM (identifiers o LEFT JOIN identifiers gone ON ((gone.id = has_other_way_in.without))) WHERE ((o.user_id = has_other_way_in.owner) AND (o.id <> has_other_way_in.without) AND ((o.kind <> 'phone'::text) OR (gone.kind = 'phone'::text)) AND ((o.verified_at IS NOT NULL) OR ((gone.id IS NOT NULL) AND (gone.verified_at IS NULL)))))));

CREATE OR REPLACE FUNCTION public.is_administrator(id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (EXISTS (SELECT FROM (role_assignments a JOIN roles r ON ((r.id = a.role_id))) WHERE ((a.user_id = is_administrator.id) AND (a.organization_id IS NULL) AND r.built_in AND (r.name = 'administrator'::text))));

CREATE OR REPLACE FUNCTION public.keep_session(sid uuid, place bigint)
 RETURNS void
 LANGUAGE sql
BEGIN ATOMIC
 UPDATE grants g SET rev = keep_session.place
    FROM users u,
     clients c,
     sessions s
   WHERE ((g.session_id = keep_session.sid) AND (u.id = g.user_id) AND (c.id = g.client_id) AND (s.id = g.session_id) AND (g.ended_at IS NULL) AND (s.ended_at IS NULL) AND (g.rev >= GREATEST(u.cut, c.cut, global_cut())) AND (s.rev >= GREATEST(u.cut, global_cut())));
 UPDATE sessions s SET rev = keep_session.place
    FROM users u,
     clients c
   WHERE ((s.id = keep_session.sid) AND (u.id = s.user_id) AND (c.id = s.client_id) AND (s.ended_at IS NULL) AND (s.rev >= GREATEST(u.cut, c.cut, global_cut())));
END;

CREATE OR REPLACE FUNCTION public.known_device_user(secret_hash bytea, among uuid[])
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT d.user_id
    FROM known_devices d
   WHERE ((d.secret_hash = known_device_user.secret_hash) AND (d.user_id = ANY (known_device_user.among)) AND (d.expires_at > signet_now()));
END;

CREATE OR REPLACE FUNCTION public.log_revocation(scope text, value text, reason text, except_sid uuid DEFAULT NULL::uuid, awaited boolean DEFAULT false)
 RETURNS bigint
 LANGUAGE sql
BEGIN ATOMIC
 INSERT INTO revocation_log (scope, value, reason, except_sid, awaited)
   VALUES (log_revocation.scope, log_revocation.value, log_revocation.reason, log_revocation.except_sid, log_revocation.awaited)
   RETURNING revocation_log.id;
END;

CREATE OR REPLACE FUNCTION public.mail_wait(requests integer, free integer)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (requests <= free) THEN '00:00:00'::interval ELSE LEAST(('00:00:30'::interval * ((2)::double precision ^ (LEAST(((requests - free) - 1), 10))::double precision)), '00:15:00'::interval) END;

CREATE OR REPLACE FUNCTION public.mailed_link_lives(purpose text, rev bigint, status text, cut bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN (purpose = 'undo_email_change'::text) THEN ((status <> 'deleted'::text) AND (rev >= global_cut())) ELSE ((status = 'active'::text) AND (rev >= GREATEST(cut, global_cut()))) END;

CREATE OR REPLACE FUNCTION public.note_backchannel_client()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select new.session_id, new.client_id, new.user_id, signet_now() + interval '30 seconds'
    from clients c
   where c.id = new.client_id and c.backchannel_logout_uri is not null
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_backchannel_clients()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select distinct i.session_id, i.client_id, i.user_id, signet_now() + interval '30 seconds'
    from issued i
    join clients c on c.id = i.client_id
   where i.session_id is not null and c.backchannel_logout_uri is not null
   order by i.session_id, i.client_id
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_backchannel_sessions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into backchannel_logouts (session_id, client_id, user_id, look_at)
  select distinct g.session_id, g.client_id, g.user_id, signet_now() + interval '30 seconds'
    from grants g
   where g.client_id = new.id and g.session_id is not null and g.ended_at is null and g.expires_at > signet_now()
   order by g.session_id
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.permissions_of(id uuid)
 RETURNS SETOF text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT COALESCE(array_agg(DISTINCT p.permission), '{}'::text[]) AS "coalesce"
    FROM (roles r
      CROSS JOIN LATERAL unnest(r.permissions) p(permission))
   WHERE ((r.built_in AND (r.name = ( SELECT b.b
            FROM basic_role_of(permissions_of.id) b(b)))) OR (r.id IN ( SELECT a.role_id
            FROM role_assignments a
           WHERE ((a.user_id = permissions_of.id) AND (a.organization_id IS NULL)))));
END;

CREATE OR REPLACE FUNCTION public.place_revocation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  head revocation_head;
begin
  update revocation_head h
     set position = h.position + case when (h.system_identifier, h.timeline) = (here.system_identifier, here.timeline)
                                      then 1 else 4294967296 end,
         log_id = case when (h.system_identifier, h.timeline) = (here.system_identifier, here.timeline)
                       then h.log_id else gen_random_uuid() end,
         system_identifier = here.system_identifier,
         timeline = here.timeline
    from (select current_system_identifier() as system_identifier, current_timeline() as timeline) here
   returning h.* into head;
  update revocation_log
     set position = head.position,
         expires_at = signet_now() + make_interval(secs => head.token_lifetime_seconds) + revocation_leeway()
   where id = new.id;
  if new.kind = 'stale' then return null; end if;
  if new.scope = 'sub' then
    if new.except_sid is not null then perform keep_session(new.except_sid, head.position); end if;
    update users set cut = head.position where id = new.value::uuid;
  elsif new.scope = 'client' then
    update clients set cut = head.position where id = new.value;
  elsif new.scope = 'all' then
    update revocation_head set cut = head.position;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.primary_email(id uuid)
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT i.id FROM identifiers i WHERE ((i.user_id = primary_email.id) AND (i.kind = 'email'::text) AND (i.verified_at IS NOT NULL)) ORDER BY i.is_primary DESC, i.verified_at, i.id LIMIT 1);

CREATE OR REPLACE FUNCTION public.protect_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  before_sealing events;
begin
  if tg_op = 'INSERT' then
    if new.seq is null then return new; end if;
    raise exception 'events are sealed by the sealer, not by their writer' using errcode = 'integrity_constraint_violation';
  end if;
  if tg_op = 'UPDATE' and old.seq is null and new.seq is not null then
    before_sealing := new;
    before_sealing.seq := null;
    before_sealing.hash := null;
    if before_sealing::text = old::text then return new; end if;
  end if;
  raise exception 'the event log is append-only: % is refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.protect_event_chain()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and new.seq > old.seq then return new; end if;
  raise exception 'the event chain only grows: % is refused', lower(tg_op) using errcode = 'integrity_constraint_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.queue_backchannel_logout()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into jobs.job (name, data, start_after, created_on, keep_until, expire_seconds, deletion_seconds, retry_limit,
                        retry_delay, retry_backoff, retry_delay_max, policy, heartbeat_seconds)
  select q.name,
         jsonb_build_object('sessionId', new.session_id, 'clientId', new.client_id, 'userId', new.user_id),
         jobs.job_now(), jobs.job_now(), jobs.job_now() + make_interval(secs => q.retention_seconds),
         30, 2592000, 2000, 1, true, 20, q.policy, 10
    from jobs.queue q
   where q.name = 'backchannel_logout';
  perform pg_notify('pgboss_' || left(encode(sha224('jobs'), 'hex'), 24), 'backchannel_logout');
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.release_avatar_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update avatar_objects set delete_at = signet_now() where key = old.version;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.revocation_leeway()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
RETURN '00:02:00'::interval;

CREATE OR REPLACE FUNCTION public.revocation_position()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT revocation_head."position" FROM revocation_head);

CREATE OR REPLACE FUNCTION public.role_names_of(id uuid)
 RETURNS SETOF text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT array_agg(r.name ORDER BY r.name) AS array_agg
    FROM roles r
   WHERE ((r.built_in AND (r.name = ( SELECT b.b
            FROM basic_role_of(role_names_of.id) b(b)))) OR (r.id IN ( SELECT a.role_id
            FROM role_assignments a
           WHERE ((a.user_id = role_names_of.id) AND (a.organization_id IS NULL)))));
END;

CREATE OR REPLACE FUNCTION public.scopes_allowed(id uuid, scopes text[], needing_proof text[])
 RETURNS text[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN ((NOT (scopes && needing_proof)) OR (EXISTS (SELECT FROM identifiers i WHERE ((i.user_id = scopes_allowed.id) AND (i.kind = 'email'::text) AND (i.verified_at IS NOT NULL))))) THEN scopes ELSE ARRAY(SELECT s.scope FROM unnest(scopes_allowed.scopes) WITH ORDINALITY s(scope, place) WHERE (s.scope <> ALL (scopes_allowed.needing_proof)) ORDER BY s.place) END;

CREATE OR REPLACE FUNCTION public.signet_now()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (clock_timestamp() + (COALESCE(NULLIF(current_setting('signet.clock_offset'::text, true), ''::text), '0'::text))::interval);

CREATE SEQUENCE event_arrivals AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;

CREATE TABLE authorization_codes (
  code_hash bytea NOT NULL,
  client_id text NOT NULL,
  user_id uuid NOT NULL,
  session_id uuid NOT NULL,
  redirect_uri text NOT NULL,
  scopes text[] NOT NULL,
  audience text[] NOT NULL,
  nonce text,
  code_challenge bytea,
  claims jsonb,
  amr text[] NOT NULL,
  acr text NOT NULL,
  auth_time timestamp with time zone NOT NULL,
  rev bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  grant_id uuid,
  CONSTRAINT authorization_codes_pkey PRIMARY KEY (code_hash),
  CONSTRAINT authorization_codes_audience_check CHECK (cardinality(audience) > 0),
  CONSTRAINT authorization_codes_code_challenge_check CHECK (octet_length(code_challenge) = 32),
  CONSTRAINT authorization_codes_code_hash_check CHECK (octet_length(code_hash) = 32),
  CONSTRAINT authorization_codes_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE,
  CONSTRAINT authorization_codes_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id) ON DELETE SET NULL,
  CONSTRAINT authorization_codes_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE,
  CONSTRAINT authorization_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX authorization_codes_expires_at ON public.authorization_codes USING btree (expires_at);
CREATE INDEX authorization_codes_session ON public.authorization_codes USING btree (session_id);
CREATE TRIGGER authorization_codes_note_backchannel_client AFTER UPDATE OF grant_id ON authorization_codes FOR EACH ROW WHEN (old.grant_id IS NULL AND new.grant_id IS NOT NULL) EXECUTE FUNCTION note_backchannel_client();

CREATE TABLE avatar_objects (
  key text NOT NULL,
  kind text NOT NULL,
  delete_at timestamp with time zone,
  CONSTRAINT avatar_objects_pkey PRIMARY KEY (key),
  CONSTRAINT avatar_objects_kind_check CHECK (kind = ANY (ARRAY['upload'::text, 'picture'::text]))
);
CREATE INDEX avatar_objects_delete_at ON public.avatar_objects USING btree (delete_at) WHERE (delete_at IS NOT NULL);

CREATE TABLE avatar_uploads (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  object_key text NOT NULL,
  state text NOT NULL,
  refusal text,
  byte_length integer NOT NULL,
  reference text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT avatar_uploads_pkey PRIMARY KEY (id),
  CONSTRAINT avatar_uploads_byte_length_check CHECK (byte_length > 0),
  CONSTRAINT avatar_uploads_check CHECK ((state = 'refused'::text) = (refusal IS NOT NULL)),
  CONSTRAINT avatar_uploads_state_check CHECK (state = ANY (ARRAY['awaited'::text, 'received'::text, 'ready'::text, 'refused'::text, 'replaced'::text])),
  CONSTRAINT avatar_uploads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX avatar_uploads_expires_at ON public.avatar_uploads USING btree (expires_at);
CREATE INDEX avatar_uploads_user ON public.avatar_uploads USING btree (user_id, created_at);

CREATE TABLE avatars (
  user_id uuid NOT NULL,
  version text,
  blurhash text,
  set_at timestamp with time zone,
  upload_id uuid,
  CONSTRAINT avatars_pkey PRIMARY KEY (user_id),
  CONSTRAINT avatars_version_key UNIQUE (version),
  CONSTRAINT avatars_check CHECK ((version IS NULL) = (blurhash IS NULL)),
  CONSTRAINT avatars_check1 CHECK ((version IS NULL) = (set_at IS NULL)),
  CONSTRAINT avatars_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT avatars_version_fkey FOREIGN KEY (version) REFERENCES avatar_objects(key)
);
CREATE TRIGGER avatars_release_version AFTER DELETE OR UPDATE OF version ON avatars FOR EACH ROW WHEN (old.version IS NOT NULL) EXECUTE FUNCTION release_avatar_version();

CREATE TABLE backchannel_logouts (
  session_id uuid NOT NULL,
  client_id text NOT NULL,
  user_id uuid NOT NULL,
  look_at timestamp with time zone,
  ended_at timestamp with time zone,
  entry_id bigint,
  delivered_at timestamp with time zone,
  failed_at timestamp with time zone,
  CONSTRAINT backchannel_logouts_pkey PRIMARY KEY (session_id, client_id),
  CONSTRAINT backchannel_logouts_check CHECK ((look_at IS NULL) = (ended_at IS NOT NULL)),
  CONSTRAINT backchannel_logouts_check1 CHECK (ended_at IS NOT NULL OR entry_id IS NULL AND delivered_at IS NULL AND failed_at IS NULL),
  CONSTRAINT backchannel_logouts_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE,
  CONSTRAINT backchannel_logouts_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);
CREATE INDEX backchannel_logouts_entry ON public.backchannel_logouts USING btree (entry_id) WHERE (entry_id IS NOT NULL);
CREATE INDEX backchannel_logouts_look_at ON public.backchannel_logouts USING btree (look_at) WHERE (look_at IS NOT NULL);
CREATE INDEX backchannel_logouts_user ON public.backchannel_logouts USING btree (user_id) WHERE (look_at IS NOT NULL);
CREATE TRIGGER backchannel_logouts_queue AFTER UPDATE OF ended_at ON backchannel_logouts FOR EACH ROW WHEN (old.ended_at IS NULL AND new.ended_at IS NOT NULL) EXECUTE FUNCTION queue_backchannel_logout();

CREATE TABLE client_assertions (
  client_id text NOT NULL,
  jti_hash bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT client_assertions_pkey PRIMARY KEY (client_id, jti_hash),
  CONSTRAINT client_assertions_jti_hash_check CHECK (octet_length(jti_hash) = 32),
  CONSTRAINT client_assertions_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE
);
CREATE INDEX client_assertions_expires_at ON public.client_assertions USING btree (expires_at);

CREATE TABLE client_logos (
  client_id text NOT NULL,
  uri text NOT NULL,
  problem text,
  hash text,
  picture bytea,
  fetched_at timestamp with time zone,
  CONSTRAINT client_logos_pkey PRIMARY KEY (client_id),
  CONSTRAINT client_logos_check CHECK ((hash IS NULL) = (picture IS NULL)),
  CONSTRAINT client_logos_check1 CHECK ((hash IS NULL) = (fetched_at IS NULL)),
  CONSTRAINT client_logos_check2 CHECK (hash IS NOT NULL OR problem IS NOT NULL),
  CONSTRAINT client_logos_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE
);
CREATE INDEX client_logos_hash ON public.client_logos USING btree (hash) WHERE (hash IS NOT NULL);

CREATE TABLE client_secrets (
  id uuid NOT NULL,
  client_id text NOT NULL,
  kind text NOT NULL,
  prefix text NOT NULL,
  secret_hash bytea NOT NULL,
  scopes text[],
  rev bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT client_secrets_pkey PRIMARY KEY (id),
  CONSTRAINT client_secrets_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT client_secrets_kind_check CHECK (kind = ANY (ARRAY['client_secret'::text, 'api_key'::text])),
  CONSTRAINT client_secrets_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE
);
CREATE INDEX client_secrets_client ON public.client_secrets USING btree (client_id);

CREATE TABLE clients (
  id text NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  status text DEFAULT 'active'::text NOT NULL,
  first_party boolean DEFAULT false NOT NULL,
  direct_sign_in boolean DEFAULT false NOT NULL,
  confirming boolean DEFAULT false NOT NULL,
  subject_namespace text,
  signing_algorithm text DEFAULT 'ES256'::text NOT NULL,
  scopes text[] DEFAULT '{}'::text[] NOT NULL,
  allowed_origins text[] DEFAULT '{}'::text[] NOT NULL,
  cut bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  permissions text[] DEFAULT '{}'::text[] NOT NULL,
  resources text[] DEFAULT '{}'::text[] NOT NULL,
  audiences text[] DEFAULT '{}'::text[] NOT NULL,
  claims text[] DEFAULT '{}'::text[] NOT NULL,
  access_token_lifetime_seconds integer,
  redirect_uris text[] DEFAULT '{}'::text[] NOT NULL,
  post_logout_redirect_uris text[] DEFAULT '{}'::text[] NOT NULL,
  backchannel_logout_uri text,
  grant_types text[] DEFAULT '{}'::text[] NOT NULL,
  response_modes text[] DEFAULT '{query,form_post}'::text[] NOT NULL,
  pkce_required boolean DEFAULT true NOT NULL,
  jwks jsonb,
  jwks_uri text,
  client_uri text,
  logo_uri text,
  policy_uri text,
  tos_uri text,
  CONSTRAINT clients_pkey PRIMARY KEY (id),
  CONSTRAINT clients_access_token_lifetime_seconds_check CHECK (access_token_lifetime_seconds >= 1 AND access_token_lifetime_seconds <= 86400),
  CONSTRAINT clients_check CHECK (pkce_required OR type <> 'public'::text),
  CONSTRAINT clients_grant_types_check CHECK (grant_types <@ '{authorization_code,refresh_token,client_credentials}'::text[]),
  CONSTRAINT clients_one_key_set CHECK (jwks IS NULL OR jwks_uri IS NULL),
  CONSTRAINT clients_permissions_check CHECK (NOT ('*'::text = ANY (permissions))),
  CONSTRAINT clients_response_modes_check CHECK (response_modes <@ '{query,form_post}'::text[]),
  CONSTRAINT clients_signing_algorithm_check CHECK (signing_algorithm = ANY (ARRAY['ES256'::text, 'RS256'::text, 'EdDSA'::text])),
  CONSTRAINT clients_status_check CHECK (status = ANY (ARRAY['active'::text, 'disabled'::text])),
  CONSTRAINT clients_type_check CHECK (type = ANY (ARRAY['public'::text, 'confidential'::text, 'service'::text]))
);
CREATE TRIGGER clients_note_backchannel_sessions AFTER UPDATE OF backchannel_logout_uri ON clients FOR EACH ROW WHEN (old.backchannel_logout_uri IS NULL AND new.backchannel_logout_uri IS NOT NULL) EXECUTE FUNCTION note_backchannel_sessions();

CREATE TABLE consents (
  user_id uuid NOT NULL,
  client_id text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT consents_pkey PRIMARY KEY (user_id, client_id),
  CONSTRAINT consents_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id) ON DELETE CASCADE,
  CONSTRAINT consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE event_chain (
  only_row boolean DEFAULT true NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT event_chain_pkey PRIMARY KEY (only_row),
  CONSTRAINT event_chain_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT event_chain_only_row_check CHECK (only_row),
  CONSTRAINT event_chain_seq_check CHECK (seq >= 0)
);
CREATE TRIGGER event_chain_grows BEFORE DELETE OR UPDATE ON event_chain FOR EACH ROW EXECUTE FUNCTION protect_event_chain();
CREATE TRIGGER event_chain_no_truncate BEFORE TRUNCATE ON event_chain FOR EACH STATEMENT EXECUTE FUNCTION protect_event_chain();

CREATE TABLE event_keys (
  owner text NOT NULL,
  wrapped_key bytea,
  wrapping_key_id text,
  created_at timestamp with time zone NOT NULL,
  erased_at timestamp with time zone,
  CONSTRAINT event_keys_pkey PRIMARY KEY (owner),
  CONSTRAINT event_keys_check CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL)),
  CONSTRAINT event_keys_check1 CHECK ((wrapped_key IS NULL) = (wrapping_key_id IS NULL))
);
CREATE INDEX event_keys_wrapping_key ON public.event_keys USING btree (wrapping_key_id, owner) WHERE (wrapped_key IS NOT NULL);

CREATE TABLE event_readers (
  name text NOT NULL,
  seq bigint NOT NULL,
  CONSTRAINT event_readers_pkey PRIMARY KEY (name)
);

CREATE TABLE event_windows (
  kind text NOT NULL,
  counted_by bytea NOT NULL,
  closes_at timestamp with time zone NOT NULL,
  attempts integer NOT NULL,
  unrecorded integer NOT NULL,
  id uuid NOT NULL,
  occurred_at timestamp(3) with time zone NOT NULL,
  outcome text NOT NULL,
  actor_id uuid,
  subject_id uuid,
  client_id text,
  reference text NOT NULL,
  details json NOT NULL,
  origin bytea,
  personal bytea,
  CONSTRAINT event_windows_pkey PRIMARY KEY (kind, counted_by, closes_at)
);
CREATE INDEX event_windows_closes_at ON public.event_windows USING btree (closes_at);

CREATE TABLE events (
  id uuid NOT NULL,
  arrival bigint DEFAULT nextval('event_arrivals'::regclass) NOT NULL,
  occurred_at timestamp(3) with time zone NOT NULL,
  kind text NOT NULL,
  outcome text NOT NULL,
  actor_id uuid,
  subject_id uuid,
  client_id text,
  reference text NOT NULL,
  occurrences integer DEFAULT 1 NOT NULL,
  details json DEFAULT '{}'::json NOT NULL,
  origin bytea,
  personal bytea,
  seq bigint,
  hash bytea,
  CONSTRAINT events_pkey PRIMARY KEY (occurred_at, id),
  CONSTRAINT events_check CHECK ((seq IS NULL) = (hash IS NULL)),
  CONSTRAINT events_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT events_kind_check CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'::text),
  CONSTRAINT events_occurrences_check CHECK (occurrences > 0),
  CONSTRAINT events_outcome_check CHECK (outcome = ANY (ARRAY['success'::text, 'failure'::text])),
  CONSTRAINT events_seq_check CHECK (seq > 0)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX events_seq ON ONLY public.events USING btree (seq);
CREATE INDEX events_unsealed ON ONLY public.events USING btree (arrival) WHERE (seq IS NULL);
CREATE TRIGGER events_append_only BEFORE INSERT OR DELETE OR UPDATE ON events FOR EACH ROW EXECUTE FUNCTION protect_event();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION protect_event();

CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events_default FOR EACH STATEMENT EXECUTE FUNCTION protect_event();

CREATE TABLE external_subjects (
  realm_id integer DEFAULT 1 NOT NULL,
  namespace text NOT NULL,
  provider text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL,
  email text,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT external_subjects_pkey PRIMARY KEY (realm_id, namespace, provider, subject),
  CONSTRAINT external_subjects_user_id_key UNIQUE (user_id),
  CONSTRAINT external_subjects_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE federated_identities (
  id uuid NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  user_id uuid NOT NULL,
  provider text NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  email text,
  name text DEFAULT ''::text NOT NULL,
  vouched boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  CONSTRAINT federated_identities_pkey PRIMARY KEY (id),
  CONSTRAINT federated_identities_realm_id_provider_issuer_subject_key UNIQUE (realm_id, provider, issuer, subject),
  CONSTRAINT federated_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX federated_identities_user ON public.federated_identities USING btree (user_id);
CREATE TRIGGER federated_identities_end_guesthood AFTER INSERT ON federated_identities FOR EACH ROW EXECUTE FUNCTION end_guesthood();

CREATE TABLE federated_sessions (
  session_id uuid NOT NULL,
  provider text NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  sid text,
  amr text[] NOT NULL,
  acr text,
  CONSTRAINT federated_sessions_pkey PRIMARY KEY (session_id),
  CONSTRAINT federated_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);
CREATE INDEX federated_sessions_sid ON public.federated_sessions USING btree (provider, issuer, sid) WHERE (sid IS NOT NULL);
CREATE INDEX federated_sessions_subject ON public.federated_sessions USING btree (provider, issuer, subject);

CREATE TABLE federated_sign_ins (
  state_hash bytea NOT NULL,
  provider text NOT NULL,
  browser_hash bytea NOT NULL,
  request text NOT NULL,
  ui_locales text NOT NULL,
  link text NOT NULL,
  waiting text NOT NULL,
  reauthenticates boolean NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  stay text DEFAULT ''::text NOT NULL,
  CONSTRAINT federated_sign_ins_pkey PRIMARY KEY (state_hash),
  CONSTRAINT federated_sign_ins_browser_hash_check CHECK (octet_length(browser_hash) = 32),
  CONSTRAINT federated_sign_ins_state_hash_check CHECK (octet_length(state_hash) = 32),
  CONSTRAINT federated_sign_ins_stay_check CHECK (stay = ANY (ARRAY[''::text, 'yes'::text, 'no'::text]))
);
CREATE INDEX federated_sign_ins_expires_at ON public.federated_sign_ins USING btree (expires_at);

CREATE TABLE grants (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  client_id text NOT NULL,
  session_id uuid,
  scopes text[] NOT NULL,
  audience text[] NOT NULL,
  wrapped_secret bytea NOT NULL,
  wrapping_key_id text NOT NULL,
  generation integer DEFAULT 1 NOT NULL,
  rotated_at timestamp with time zone NOT NULL,
  window_opened_at timestamp with time zone NOT NULL,
  confirmed_generation integer DEFAULT 0 NOT NULL,
  presenter bytea NOT NULL,
  amr text[] NOT NULL,
  acr text NOT NULL,
  auth_time timestamp with time zone NOT NULL,
  rev bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_reason text,
  claims jsonb,
  userinfo_claims jsonb,
  CONSTRAINT grants_pkey PRIMARY KEY (id),
  CONSTRAINT grants_audience_check CHECK (cardinality(audience) > 0),
  CONSTRAINT grants_check CHECK (confirmed_generation >= 0 AND confirmed_generation <= generation),
  CONSTRAINT grants_check1 CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CONSTRAINT grants_generation_check CHECK (generation > 0),
  CONSTRAINT grants_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id),
  CONSTRAINT grants_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE,
  CONSTRAINT grants_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
) WITH (fillfactor=80);
CREATE INDEX grants_ended_at ON public.grants USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX grants_expires_at ON public.grants USING btree (expires_at);
CREATE INDEX grants_session ON public.grants USING btree (session_id);
CREATE INDEX grants_user ON public.grants USING btree (user_id) WHERE (ended_at IS NULL);
CREATE INDEX grants_wrapping_key ON public.grants USING btree (wrapping_key_id, id);
CREATE TRIGGER grants_note_backchannel_clients AFTER INSERT ON grants REFERENCING NEW TABLE AS issued FOR EACH STATEMENT EXECUTE FUNCTION note_backchannel_clients();

CREATE TABLE guess_counters (
  key bytea NOT NULL,
  failures integer NOT NULL,
  closed_until timestamp with time zone,
  forget_at timestamp with time zone NOT NULL,
  CONSTRAINT guess_counters_pkey PRIMARY KEY (key),
  CONSTRAINT guess_counters_failures_check CHECK (failures > 0)
);
CREATE INDEX guess_counters_forget_at ON public.guess_counters USING btree (forget_at);

CREATE TABLE idempotency_keys (
  key_hash bytea NOT NULL,
  fingerprint bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (key_hash),
  CONSTRAINT idempotency_keys_fingerprint_check CHECK (octet_length(fingerprint) = 32),
  CONSTRAINT idempotency_keys_key_hash_check CHECK (octet_length(key_hash) = 32)
);
CREATE INDEX idempotency_keys_expires_at ON public.idempotency_keys USING btree (expires_at);

CREATE TABLE identifiers (
  id uuid NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  canonical text NOT NULL,
  verified_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  claim_expires_at timestamp with time zone,
  is_primary boolean DEFAULT false NOT NULL,
  CONSTRAINT identifiers_pkey PRIMARY KEY (id),
  CONSTRAINT identifiers_user_id_kind_canonical_key UNIQUE (user_id, kind, canonical),
  CONSTRAINT identifiers_kind_check CHECK (kind = ANY (ARRAY['email'::text, 'phone'::text, 'username'::text])),
  CONSTRAINT identifiers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX identifiers_canonical ON public.identifiers USING btree (realm_id, kind, canonical);
CREATE INDEX identifiers_claim_expires_at ON public.identifiers USING btree (claim_expires_at) WHERE ((verified_at IS NULL) AND (claim_expires_at IS NOT NULL));
CREATE INDEX identifiers_prefix ON public.identifiers USING btree (canonical text_pattern_ops);
CREATE UNIQUE INDEX identifiers_primary ON public.identifiers USING btree (user_id, kind) WHERE is_primary;
CREATE UNIQUE INDEX identifiers_verified ON public.identifiers USING btree (realm_id, kind, canonical) WHERE (verified_at IS NOT NULL);
CREATE TRIGGER identifiers_end_guesthood AFTER INSERT OR UPDATE OF verified_at ON identifiers FOR EACH ROW WHEN (new.verified_at IS NOT NULL) EXECUTE FUNCTION end_guesthood();

CREATE TABLE identity_providers (
  id text NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  status text DEFAULT 'active'::text NOT NULL,
  client_id text NOT NULL,
  wrapped_secret bytea NOT NULL,
  wrapping_key_id text NOT NULL,
  settings jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT identity_providers_pkey PRIMARY KEY (id),
  CONSTRAINT identity_providers_id_check CHECK (id ~ '^[a-z][a-z0-9-]{0,31}$'::text),
  CONSTRAINT identity_providers_kind_check CHECK (kind = ANY (ARRAY['google'::text, 'microsoft'::text, 'apple'::text, 'github'::text, 'linkedin'::text, 'facebook'::text, 'oidc'::text])),
  CONSTRAINT identity_providers_status_check CHECK (status = ANY (ARRAY['active'::text, 'disabled'::text]))
);

CREATE TABLE installation (
  only_row boolean DEFAULT true NOT NULL,
  instance_id uuid DEFAULT gen_random_uuid() NOT NULL,
  created_at timestamp with time zone DEFAULT signet_now() NOT NULL,
  set_up_at timestamp with time zone,
  CONSTRAINT installation_pkey PRIMARY KEY (only_row),
  CONSTRAINT installation_only_row_check CHECK (only_row)
);

CREATE TABLE invitations (
  id uuid NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  value text NOT NULL,
  canonical text NOT NULL,
  display_name text NOT NULL,
  locale text NOT NULL,
  invited_by uuid,
  token_hash bytea,
  code_hash bytea,
  code_tries integer DEFAULT 0 NOT NULL,
  rev bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  accepted_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT invitations_pkey PRIMARY KEY (id),
  CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
  CONSTRAINT invitations_check CHECK (accepted_at IS NULL OR revoked_at IS NULL),
  CONSTRAINT invitations_code_hash_check CHECK (octet_length(code_hash) = 32),
  CONSTRAINT invitations_token_hash_check CHECK (octet_length(token_hash) = 32),
  CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users(id) ON DELETE SET NULL
);
CREATE INDEX invitations_canonical ON public.invitations USING btree (realm_id, canonical) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE INDEX invitations_expires_at ON public.invitations USING btree (expires_at);

CREATE TABLE known_devices (
  secret_hash bytea NOT NULL,
  user_id uuid NOT NULL,
  last_used_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT known_devices_pkey PRIMARY KEY (secret_hash),
  CONSTRAINT known_devices_secret_hash_check CHECK (octet_length(secret_hash) = 32),
  CONSTRAINT known_devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX known_devices_expires_at ON public.known_devices USING btree (expires_at);
CREATE INDEX known_devices_user ON public.known_devices USING btree (user_id, last_used_at);

CREATE TABLE mail_requests (
  key bytea NOT NULL,
  requests integer NOT NULL,
  next_at timestamp with time zone NOT NULL,
  forget_at timestamp with time zone NOT NULL,
  CONSTRAINT mail_requests_pkey PRIMARY KEY (key),
  CONSTRAINT mail_requests_key_check CHECK (octet_length(key) = 32),
  CONSTRAINT mail_requests_requests_check CHECK (requests > 0)
);
CREATE INDEX mail_requests_forget_at ON public.mail_requests USING btree (forget_at);

CREATE TABLE mailed_links (
  id uuid NOT NULL,
  purpose text NOT NULL,
  user_id uuid NOT NULL,
  identifier_id uuid,
  token_hash bytea NOT NULL,
  code_hash bytea NOT NULL,
  code_tries integer DEFAULT 0 NOT NULL,
  rev bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  value text,
  canonical text,
  request_hash bytea,
  CONSTRAINT mailed_links_pkey PRIMARY KEY (id),
  CONSTRAINT mailed_links_token_hash_key UNIQUE (token_hash),
  CONSTRAINT mailed_links_code_hash_check CHECK (octet_length(code_hash) = 32),
  CONSTRAINT mailed_links_purpose_check CHECK (purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text, 'add_email'::text, 'undo_email_change'::text, 'sign_in'::text])),
  CONSTRAINT mailed_links_request_check CHECK ((purpose = 'sign_in'::text) = (request_hash IS NOT NULL)),
  CONSTRAINT mailed_links_request_hash_check CHECK (octet_length(request_hash) = 32),
  CONSTRAINT mailed_links_token_hash_check CHECK (octet_length(token_hash) = 32),
  CONSTRAINT mailed_links_identifier_id_fkey FOREIGN KEY (identifier_id) REFERENCES identifiers(id) ON DELETE CASCADE,
  CONSTRAINT mailed_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX mailed_links_canonical ON public.mailed_links USING btree (canonical, purpose) WHERE (used_at IS NULL);
CREATE INDEX mailed_links_expires_at ON public.mailed_links USING btree (expires_at);
CREATE INDEX mailed_links_identifier ON public.mailed_links USING btree (identifier_id, purpose) WHERE (used_at IS NULL);
CREATE INDEX mailed_links_request ON public.mailed_links USING btree (request_hash) WHERE ((used_at IS NULL) AND (request_hash IS NOT NULL));
CREATE INDEX mailed_links_user ON public.mailed_links USING btree (user_id, purpose) WHERE (used_at IS NULL);

CREATE TABLE passwords (
  user_id uuid NOT NULL,
  hash text NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT passwords_pkey PRIMARY KEY (user_id),
  CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE phone_codes (
  id uuid NOT NULL,
  purpose text NOT NULL,
  user_id uuid,
  canonical text NOT NULL,
  code_tries integer DEFAULT 0 NOT NULL,
  rev bigint NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT phone_codes_pkey PRIMARY KEY (id),
  CONSTRAINT phone_codes_purpose_check CHECK (purpose = ANY (ARRAY['add_phone'::text, 'sign_in'::text])),
  CONSTRAINT phone_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX phone_codes_expires_at ON public.phone_codes USING btree (expires_at);
CREATE INDEX phone_codes_user ON public.phone_codes USING btree (user_id) WHERE (used_at IS NULL);

CREATE TABLE revocation_head (
  only_row boolean DEFAULT true NOT NULL,
  position bigint DEFAULT 0 NOT NULL,
  cut bigint DEFAULT 0 NOT NULL,
  log_id uuid DEFAULT gen_random_uuid() NOT NULL,
  system_identifier bigint NOT NULL,
  timeline text NOT NULL,
  token_lifetime_seconds integer DEFAULT 900 NOT NULL,
  token_lifetime_until timestamp with time zone DEFAULT signet_now() + '1 day'::interval NOT NULL,
  CONSTRAINT revocation_head_pkey PRIMARY KEY (only_row),
  CONSTRAINT revocation_head_only_row_check CHECK (only_row),
  CONSTRAINT revocation_head_token_lifetime_seconds_check CHECK (token_lifetime_seconds > 0)
);

CREATE TABLE revocation_instances (
  id uuid NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT revocation_instances_pkey PRIMARY KEY (id)
) WITH (fillfactor=50);

CREATE TABLE revocation_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  position bigint,
  kind text DEFAULT 'ended'::text NOT NULL,
  scope text NOT NULL,
  value text NOT NULL,
  except_sid uuid,
  reason text NOT NULL,
  created_at timestamp with time zone DEFAULT signet_now() NOT NULL,
  expires_at timestamp with time zone,
  awaited boolean DEFAULT false NOT NULL,
  CONSTRAINT revocation_log_pkey PRIMARY KEY (id),
  CONSTRAINT revocation_log_position_key UNIQUE ("position"),
  CONSTRAINT revocation_log_check CHECK (except_sid IS NULL OR scope = 'sub'::text),
  CONSTRAINT revocation_log_check1 CHECK ((scope = 'all'::text) = (value = ''::text)),
  CONSTRAINT revocation_log_check2 CHECK (("position" IS NULL) = (expires_at IS NULL)),
  CONSTRAINT revocation_log_kind_check CHECK (kind = ANY (ARRAY['ended'::text, 'stale'::text])),
  CONSTRAINT revocation_log_reason_check CHECK (reason ~ '^[a-z_]+$'::text),
  CONSTRAINT revocation_log_scope_check CHECK (scope = ANY (ARRAY['jti'::text, 'gid'::text, 'sid'::text, 'sub'::text, 'client'::text, 'all'::text]))
);
CREATE INDEX revocation_log_expires_at ON public.revocation_log USING btree (expires_at);
CREATE TRIGGER revocation_log_end_backchannel_sessions AFTER INSERT ON revocation_log REFERENCING NEW TABLE AS entries FOR EACH STATEMENT EXECUTE FUNCTION end_backchannel_sessions();
CREATE CONSTRAINT TRIGGER revocation_log_place AFTER INSERT ON revocation_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION place_revocation();

CREATE TABLE revocation_verifiers (
  owner text NOT NULL,
  verifier_id text NOT NULL,
  client_id text,
  name text NOT NULL,
  staleness_budget_seconds integer NOT NULL,
  instance_id uuid NOT NULL,
  stream_id uuid NOT NULL,
  left_at timestamp with time zone,
  seen_at timestamp with time zone NOT NULL,
  log_id text NOT NULL,
  position bigint NOT NULL,
  CONSTRAINT revocation_verifiers_pkey PRIMARY KEY (owner, verifier_id),
  CONSTRAINT revocation_verifiers_staleness_budget_seconds_check CHECK (staleness_budget_seconds >= 0 AND staleness_budget_seconds <= 3600),
  CONSTRAINT revocation_verifiers_verifier_id_check CHECK (verifier_id <> ''::text)
) WITH (fillfactor=50);

CREATE TABLE role_assignments (
  user_id uuid NOT NULL,
  role_id uuid NOT NULL,
  organization_id uuid,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT role_assignments_user_id_role_id_organization_id_key UNIQUE NULLS NOT DISTINCT (user_id, role_id, organization_id),
  CONSTRAINT role_assignments_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE CASCADE,
  CONSTRAINT role_assignments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX role_assignments_role ON public.role_assignments USING btree (role_id);

CREATE TABLE roles (
  id uuid NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  name text NOT NULL,
  permissions text[] DEFAULT '{}'::text[] NOT NULL,
  built_in boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT roles_pkey PRIMARY KEY (id),
  CONSTRAINT roles_realm_id_name_key UNIQUE (realm_id, name)
);

CREATE TABLE running_instances (
  id uuid NOT NULL,
  current_key_id text NOT NULL,
  readable_key_ids text[] NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT running_instances_pkey PRIMARY KEY (id),
  CONSTRAINT running_instances_check CHECK (current_key_id = ANY (readable_key_ids))
);

CREATE TABLE schema_migrations (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (name)
);

CREATE TABLE session_cookies (
  session_id uuid NOT NULL,
  secret_hash bytea NOT NULL,
  CONSTRAINT session_cookies_pkey PRIMARY KEY (session_id),
  CONSTRAINT session_cookies_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT session_cookies_secret_hash_check CHECK (octet_length(secret_hash) = 32),
  CONSTRAINT session_cookies_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);

CREATE TABLE sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  client_id text NOT NULL,
  installation_id text,
  device_model text,
  device_os text,
  device_app text,
  ip_address inet,
  user_agent text,
  actor_id uuid,
  amr text[] NOT NULL,
  acr text NOT NULL,
  auth_time timestamp with time zone NOT NULL,
  rev bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_active_at timestamp with time zone NOT NULL,
  idle_expires_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  end_reason text,
  country text,
  persistent boolean DEFAULT true NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_country_check CHECK (country ~ '^[A-Z]{2}$'::text),
  CONSTRAINT sessions_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users(id),
  CONSTRAINT sessions_client_id_fkey FOREIGN KEY (client_id) REFERENCES clients(id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX sessions_ended_at ON public.sessions USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX sessions_expires_at ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id, created_at);

CREATE TABLE signing_keys (
  id text NOT NULL,
  algorithm text NOT NULL,
  state text NOT NULL,
  public_jwk jsonb NOT NULL,
  wrapped_key bytea NOT NULL,
  wrapping_key_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  activated_at timestamp with time zone,
  retiring_at timestamp with time zone,
  retired_at timestamp with time zone,
  CONSTRAINT signing_keys_pkey PRIMARY KEY (id),
  CONSTRAINT signing_keys_algorithm_check CHECK (algorithm = ANY (ARRAY['ES256'::text, 'RS256'::text, 'EdDSA'::text])),
  CONSTRAINT signing_keys_state_check CHECK (state = ANY (ARRAY['next'::text, 'active'::text, 'retiring'::text, 'retired'::text]))
);
CREATE UNIQUE INDEX signing_keys_active ON public.signing_keys USING btree (algorithm) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX signing_keys_next ON public.signing_keys USING btree (algorithm) WHERE (state = 'next'::text);

CREATE TABLE upstream_logouts (
  provider text NOT NULL,
  jti_hash bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT upstream_logouts_pkey PRIMARY KEY (provider, jti_hash),
  CONSTRAINT upstream_logouts_jti_hash_check CHECK (octet_length(jti_hash) = 32)
);
CREATE INDEX upstream_logouts_expires_at ON public.upstream_logouts USING btree (expires_at);

CREATE TABLE upstream_tokens (
  identity_id uuid NOT NULL,
  wrapped_tokens bytea NOT NULL,
  wrapping_key_id text NOT NULL,
  scopes text[] NOT NULL,
  expires_at timestamp with time zone,
  refreshes boolean NOT NULL,
  refused_at timestamp with time zone,
  claimed_until timestamp with time zone,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT upstream_tokens_pkey PRIMARY KEY (identity_id),
  CONSTRAINT upstream_tokens_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES federated_identities(id) ON DELETE CASCADE
);
CREATE INDEX upstream_tokens_due ON public.upstream_tokens USING btree (expires_at) WHERE (refreshes AND (refused_at IS NULL));

CREATE TABLE users (
  id uuid NOT NULL,
  realm_id integer DEFAULT 1 NOT NULL,
  status text DEFAULT 'active'::text NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  locale text DEFAULT ''::text NOT NULL,
  home_region text,
  merged_into uuid,
  cut bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  deleted_at timestamp with time zone,
  is_guest boolean DEFAULT false NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_status_check CHECK (status = ANY (ARRAY['active'::text, 'suspended'::text, 'deleted'::text])),
  CONSTRAINT users_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES users(id)
);
CREATE INDEX users_guests ON public.users USING btree (created_at, id) WHERE is_guest;

CREATE TABLE waiting_identities (
  token_hash bytea NOT NULL,
  provider text NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  email text,
  name text NOT NULL,
  browser_hash bytea,
  user_id uuid,
  code_challenge bytea,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT waiting_identities_pkey PRIMARY KEY (token_hash),
  CONSTRAINT waiting_identities_browser_hash_check CHECK (octet_length(browser_hash) = 32),
  CONSTRAINT waiting_identities_check CHECK ((browser_hash IS NULL) = (user_id IS NOT NULL AND code_challenge IS NOT NULL)),
  CONSTRAINT waiting_identities_code_challenge_check CHECK (octet_length(code_challenge) = 32),
  CONSTRAINT waiting_identities_token_hash_check CHECK (octet_length(token_hash) = 32),
  CONSTRAINT waiting_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX waiting_identities_expires_at ON public.waiting_identities USING btree (expires_at);
