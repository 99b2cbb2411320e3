-- How far the re-wrapping under the present epoch's keys has come: one row, so that whoever goes on knows where.
create table platform.key_rotation (
  single boolean primary key default true check (single),
  epoch int not null,
  state text not null check (state in ('rewrapping', 'waiting', 'finished')),
  -- The rewrapper at work and the last row that it has dealt with.
  rewrapper text,
  after text,
  expected bigint not null default 0,
  seen bigint not null default 0,
  rewrapped bigint not null default 0,
  skipped bigint not null default 0,
  damaged bigint not null default 0,
  destroyed bigint not null default 0,
  -- Keys that are being destroyed: [{"epoch", "ids"}]. Written first, emptied together with the ledger's leaves.
  destroying jsonb not null default '[]',
  started_at timestamptz not null default now(),
  moved_at timestamptz not null default now(),
  finished_at timestamptz
);
grant select, insert, update on platform.key_rotation to bailee_platform;
