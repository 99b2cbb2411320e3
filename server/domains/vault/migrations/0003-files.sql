-- A file is sealed in chunks of 64 KiB under the drawer key of its person and category.
create table vault.file (
  subject uuid not null,
  record uuid not null,
  field text not null,
  file uuid not null,
  tenant uuid not null,
  category text not null,
  bytes int not null,
  chunks int not null,
  stored_at timestamptz not null,
  primary key (subject, record, field)
);
-- Chunks come before their file's row does; those of an upload that was broken off are swept.
create table vault.file_chunk (
  subject uuid not null,
  file uuid not null,
  n int not null,
  sealed bytea not null,
  at timestamptz not null,
  primary key (subject, file, n)
);
grant select, insert, delete on vault.file, vault.file_chunk to bailee_vault;
