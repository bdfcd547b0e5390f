-- One queue for each kind of job; what is retried how often stands in each job, where the code that queues it puts it.
select jobs.create_queue(kind, '{"policy": "standard", "notify": "true", "heartbeatSeconds": "10"}')
  from unnest('{send_mail,clean_up}'::text[]) as kind;

-- What is over is found by these, in batches. Neither column changes while the row is in use.
create index sessions_expires_at on sessions (expires_at);
create index sessions_ended_at on sessions (ended_at) where ended_at is not null;
create index grants_expires_at on grants (expires_at);
create index grants_ended_at on grants (ended_at) where ended_at is not null;
create index known_devices_expires_at on known_devices (expires_at);
