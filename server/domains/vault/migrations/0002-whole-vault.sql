-- What stands for a value in the provider's own tables. One-way tokens are not here: nothing can resolve them.
-- `sealed` is the value when the token was made, under the person's drawer key; a pointer has none and follows the drawer.
create table vault.token (
  tenant uuid not null,
  token text not null,
  subject uuid not null,
  category text not null,
  record uuid not null,
  field text not null,
  form text not null,
  sealed bytea,
  made_at timestamptz not null,
  -- Deterministic tokens are equal for all who have the value.
  primary key (tenant, token, subject)
);
create index token_subject on vault.token (subject);

-- To whom something was given. Ids and names of fields only; kept three years (PIPL articles 23 and 56, GB/T 35273 9.2), erasure or not.
create table vault.release (
  subject uuid not null,
  entry uuid not null,
  tenant uuid not null,
  recipient text not null,
  purpose text not null,
  contract text,
  fields text[] not null,
  at timestamptz not null,
  kept_until timestamptz not null,
  primary key (subject, entry)
);
create index release_kept_until on vault.release (kept_until);

-- Who corrected which fields, and when. Earlier values are not kept: what was wrong must not live on.
create table vault.correction (
  subject uuid not null,
  entry uuid not null,
  tenant uuid not null,
  record uuid not null,
  fields text[] not null,
  actor_kind text not null,
  actor uuid not null,
  at timestamptz not null,
  primary key (subject, entry)
);

-- What keeps a person's information from erasure, and until when.
create table vault.hold (
  subject uuid not null,
  case_reference text not null,
  tenant uuid not null,
  reason text not null,
  since timestamptz not null,
  until timestamptz not null,
  primary key (subject, case_reference)
);

grant select, insert, update, delete on vault.token, vault.hold to bailee_vault;
grant select, insert, delete on vault.release, vault.correction to bailee_vault;
