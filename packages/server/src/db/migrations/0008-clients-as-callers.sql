-- Clients as callers: filled in where clients are made callers.
select 1;
