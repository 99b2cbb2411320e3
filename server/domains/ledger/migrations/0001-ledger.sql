-- Entries wait here, written in the transaction of the act. One row for all entries of a transaction: lines of JSON in
-- `entries`, and in `outcomes` what the statement itself decided. The sequencer empties it within a second.
create table ledger.outbox (
  id uuid primary key,
  at timestamptz not null,
  count int not null check (count > 0),
  entries text not null,
  outcomes text[]
);

-- The one row that says how large the ledger is. Only the sequencer whose fence stands here may move it.
create table ledger.head (
  single boolean primary key default true check (single),
  origin text not null,
  size bigint not null default 0,
  frontier bytea not null,
  fence bigint not null default 0
);

-- The leaves, a row for each batch: order and content are durable here, and tiles are a pure function of them.
create table ledger.segment (
  first_index bigint primary key,
  count int not null,
  leaves bytea not null
);

-- Each person's ratchet and ledger key, sealed together. Erasure empties `sealed` and keeps the row, so that a later
-- refused look is still logged, under a tag that belongs to nobody.
create table ledger.chain (
  subject uuid primary key,
  tenant uuid not null,
  n int not null,
  sealed bytea
) with (fillfactor = 70);

-- What the person can open. Rows die with erasure; leaves and everybody else's proofs stay.
create table ledger.opening (
  subject uuid not null,
  entry uuid not null,
  tenant uuid not null,
  n int not null,
  leaf_index bigint not null,
  sealed bytea not null,
  primary key (subject, entry)
);

create table ledger.checkpoint (
  single boolean primary key default true check (single),
  size bigint not null,
  note text not null,
  signed_at timestamptz not null,
  witnessed_size bigint not null default 0,
  witnessed_note text
);

create table ledger.epoch (
  epoch int primary key,
  first_index bigint not null,
  end_index bigint not null,
  tags int not null,
  root bytea not null,
  leaf_index bigint,
  closed_at timestamptz not null
);

grant usage on schema ledger to bailee_ledger, bailee_parties, bailee_notices, bailee_vault;
-- Rooms above may append and nothing else: no reading, no changing, no deleting.
grant insert on ledger.outbox to bailee_parties, bailee_notices, bailee_vault;
grant select, insert, delete on ledger.outbox to bailee_ledger;
grant select, insert, update on ledger.head, ledger.chain, ledger.checkpoint, ledger.epoch to bailee_ledger;
grant select, insert on ledger.segment to bailee_ledger;
grant select, insert, delete on ledger.opening to bailee_ledger;
