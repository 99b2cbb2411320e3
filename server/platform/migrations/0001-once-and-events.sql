-- Answers of acts by Idempotency-Key, sealed. Purged after seven days.
create table platform.once (
  scope bytea primary key,
  digest bytea not null,
  answer bytea,
  made_at timestamptz not null default now()
);
-- Rows arrive in order of time: a block range index costs an insert nothing.
create index once_made_at on platform.once using brin (made_at);

-- Upward speech: written in the transaction of the act, delivered after it, at least once, in order of id.
create table platform.event (
  id uuid primary key,
  type text not null,
  payload jsonb not null,
  made_at timestamptz not null default now()
);

-- Work that waits: taken by one worker at a time, tried again with growing pauses, kept when it has failed for good.
create table platform.job (
  id uuid primary key,
  queue text not null,
  payload jsonb not null,
  due_at timestamptz not null default now(),
  attempts int not null default 0,
  locked_until timestamptz,
  last_error text,
  unique_key text
);
create index job_due on platform.job (due_at) where attempts < 20;
create unique index job_unique on platform.job (queue, unique_key) where unique_key is not null;

grant usage on schema platform to bailee_platform, bailee_ledger, bailee_parties, bailee_notices, bailee_vault;
grant select, insert, update, delete on platform.once, platform.event, platform.job to bailee_platform;
grant select, insert, update on platform.once to bailee_ledger, bailee_parties, bailee_notices, bailee_vault;
grant insert on platform.event, platform.job to bailee_ledger, bailee_parties, bailee_notices, bailee_vault;
