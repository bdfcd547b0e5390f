-- name: ensureExternalSubject :exec
-- Makes the user behind an external subject, unless there is one. Of two that come at once one makes it, and the other
-- waits and finds it.
with made as (
  insert into external_subjects (namespace, provider, subject, user_id, email, created_at)
  values (:namespace, :provider, :subject, :userId, :email?, :now)
  on conflict do nothing
  returning user_id
)
insert into users (id, created_at, updated_at) select user_id, :now, :now from made;

-- name: findExternalSubject :one
-- The user behind an external subject.
select e.user_id, e.email, u.status
  from external_subjects e
  join users u on u.id = e.user_id
 where e.realm_id = 1 and e.namespace = :namespace and e.provider = :provider and e.subject = :subject;

-- name: updateExternalEmail :exec
-- Keeps what the service says last.
update external_subjects
   set email = :email
 where realm_id = 1 and namespace = :namespace and provider = :provider and subject = :subject
   and email is distinct from :email;

-- name: findSubjectOfUser :maybe
-- Who a user is in the words of the service that speaks for them; no row for users who prove it to Signet.
select namespace, provider, subject, email from external_subjects where user_id = :userId;
