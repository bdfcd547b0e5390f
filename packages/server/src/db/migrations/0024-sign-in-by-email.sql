-- Signing in by a link or a code from a mailbox.

alter table mailed_links
  -- SHA-256 of what the one who asked for the mail was given: the link and the code are good for nothing without it.
  add column request_hash bytea check (octet_length(request_hash) = 32),
  drop constraint mailed_links_purpose_check,
  add constraint mailed_links_purpose_check
    check (purpose in ('verify_email', 'reset_password', 'add_email', 'undo_email_change', 'sign_in')),
  add constraint mailed_links_request_check check ((purpose = 'sign_in') = (request_hash is not null));
create index mailed_links_request on mailed_links (request_hash) where used_at is null and request_hash is not null;
