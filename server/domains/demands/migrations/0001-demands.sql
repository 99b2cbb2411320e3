-- What a person asks of a provider by right. Words that anybody wrote are sealed in `words`; the rest are ids, kinds and times.
create table demands.demand (
  tenant uuid not null,
  id uuid not null,
  subject uuid not null,
  kind text not null check (kind in ('see', 'copy', 'correct', 'delete', 'stop', 'explain')),
  state text not null check (state in ('pending', 'open', 'fulfilling', 'fulfilled', 'refused', 'escalated', 'withdrawn')),
  purpose text,
  fields text[] not null,
  words bytea,
  made_at timestamptz not null,
  made_by text not null,
  evidence text,
  -- The laws by whose clocks it runs, as they stood when it started: later changes move no clock that is running.
  regimes jsonb,
  started_at timestamptz,
  clock text,
  due_at timestamptz,
  assumed boolean not null default false,
  extended_at timestamptz,
  answered_at timestamptz,
  answered_by jsonb,
  outcome text,
  reason text,
  -- Where it came from before `fulfilling`, should the act be refused.
  came_from text,
  escalated_at timestamptz,
  escalated_by text,
  primary key (tenant, id),
  -- A refusal without a reason cannot be written down.
  check (state <> 'refused' or reason is not null),
  check ((started_at is null) = (due_at is null)),
  check (state in ('pending', 'withdrawn', 'refused') or started_at is not null)
);
create index demand_of_person on demands.demand (subject, id desc);
create index demand_by_clock on demands.demand (tenant, due_at, id) where state in ('open', 'escalated', 'fulfilling');
create index demand_pending on demands.demand (tenant, id) where state = 'pending';
create index demand_running on demands.demand (due_at) where state = 'open';
create index demand_assumed on demands.demand (id) where state = 'open' and assumed;
create index demand_unfinished on demands.demand (answered_at) where state = 'fulfilling';

-- By which laws' clocks a provider answers. No row: mainland China.
create table demands.regime (
  tenant uuid primary key,
  regimes jsonb not null,
  stated_at timestamptz not null
);

grant usage on schema platform, ledger, parties to bailee_demands;
grant select, insert, update on demands.demand, demands.regime to bailee_demands;
grant select, insert, update on platform.once to bailee_demands;
grant insert on platform.event, platform.job to bailee_demands;
grant insert on ledger.outbox to bailee_demands;
grant select on parties.person, parties.organisation to bailee_demands;
