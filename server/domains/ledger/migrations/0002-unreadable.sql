-- Entries that were promised and cannot be read: their hash stands in the ledger as a public leaf, and the words that
-- nobody understood stand here, so that an operator can find out what happened. Empty, if all is well.
create table ledger.unreadable (
  leaf_index bigint primary key,
  at timestamptz not null default now(),
  line text not null,
  outcome text
);
grant select, insert, delete on ledger.unreadable to bailee_ledger;
