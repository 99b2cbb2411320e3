-- What an organisation's own staff and keys did, newest first. Leaf indexes only grow, so a summary of each stretch of pages
-- is enough to find the newest, and costs the sequencer next to nothing.
create index opening_leaf on ledger.opening using brin (leaf_index) with (pages_per_range = 16, autosummarize = on);
