-- Whether somebody stays signed in. A session that is not persistent ends with its browser, and after a shorter time without use.
alter table sessions add column persistent boolean not null default true;

-- What the person said of it before they went to a provider: yes, no, or nothing.
alter table federated_sign_ins add column stay text not null default '' check (stay in ('', 'yes', 'no'));
