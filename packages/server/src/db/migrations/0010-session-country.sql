-- The country that a session was opened from, where a trusted proxy or a file of the operator says so.
alter table sessions add column country text check (country ~ '^[A-Z]{2}$');
