-- The leaf that says which epoch keys were destroyed is written in the transaction that ends their destruction: platform's.
grant insert on ledger.outbox to bailee_platform;
