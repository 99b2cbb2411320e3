-- All of a record's fields of one category, sealed together under the person's drawer key of that category.
-- The subject leads every key: rows of one person lie together and a distributed database may hash by it.
create table vault.drawer (
  subject uuid not null,
  category text not null,
  record uuid not null,
  tenant uuid not null,
  schema_version int not null,
  sealed bytea not null,
  -- The drawer's blind index tokens, sixteen bytes each, so that erasing finds them.
  tokens bytea not null,
  collected_at timestamptz not null,
  primary key (subject, category, record)
);
-- HMAC of a normalised value under a key of (tenant, field, normaliser version): equality and nothing else.
create table vault.blind_index (
  token bytea not null,
  subject uuid not null,
  record uuid not null,
  normaliser smallint not null,
  primary key (token, subject, record)
);

grant usage on schema vault to bailee_vault;
grant select, insert, update, delete on vault.drawer, vault.blind_index to bailee_vault;
