-- Handing out the start of a chain is an entry of its own, written by this room.
grant insert on ledger.outbox to bailee_ledger;
