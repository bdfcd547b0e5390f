-- name: findLeavingClient :maybe
-- What is known of a client that asks for a person to be signed out.
select name, post_logout_redirect_uris from clients where id = :id and status = 'active';
