create table notices.notice (
  id uuid primary key,
  tenant uuid not null,
  slug text not null,
  live_version int not null,
  unique (tenant, slug)
);
create table notices.version (
  notice uuid not null references notices.notice (id),
  version int not null,
  hash bytea not null,
  content jsonb not null,
  published_at timestamptz not null,
  primary key (notice, version)
);
-- What a person agreed to, as shown. Kept after withdrawal: it is the provider's evidence and the person's.
create table notices.consent (
  subject uuid not null,
  id uuid not null,
  tenant uuid not null,
  notice uuid not null,
  version int not null,
  language text not null,
  purposes text[] not null,
  snapshot_hash bytea not null,
  given_at timestamptz not null,
  primary key (subject, id)
);
-- A live grant carries the drawer key of (person, category) wrapped for one purpose. No row, no key: withdrawing deletes it.
create table notices.live_grant (
  subject uuid not null,
  category text not null,
  purpose text not null,
  tenant uuid not null,
  basis text not null,
  wrap bytea not null,
  consent uuid not null,
  since timestamptz not null,
  primary key (subject, category, purpose)
);

grant usage on schema notices to bailee_notices, bailee_vault;
grant select, insert, update on notices.notice to bailee_notices;
grant select, insert on notices.version to bailee_notices;
grant select, insert, update, delete on notices.consent, notices.live_grant to bailee_notices;
grant select on notices.notice to bailee_vault;
grant select, insert on notices.consent to bailee_vault;
grant select, insert, delete on notices.live_grant to bailee_vault;
grant delete on notices.consent to bailee_vault;
