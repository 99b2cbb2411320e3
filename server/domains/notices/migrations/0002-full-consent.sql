-- A grant ends by itself at `until`; a look after that finds no key, whether or not the row has been swept away yet.
alter table notices.live_grant add column until timestamptz;
create index live_grant_until on notices.live_grant (until) where until is not null;

-- What else stood in the act of consent, so that its receipt can be made again word for word.
alter table notices.consent add column separately text[] not null default '{}';
alter table notices.consent add column informed text[] not null default '{}';
alter table notices.consent add column recipients text[] not null default '{}';
alter table notices.consent add column guardian uuid;
alter table notices.consent add column relation text;
alter table notices.consent add column hand_over timestamptz;
alter table notices.consent add column as_guardian boolean not null default false;
alter table notices.consent add column renewal boolean not null default false;
-- Under what it stands who agreed to which version: read when a version widens.
create index consent_notice on notices.consent (notice, version);

-- One person's agreement to one recipient for one purpose, with the categories that were named. Article 23 of the
-- Personal Information Protection Law: separate, and withdrawn by itself.
create table notices.recipient_consent (
  subject uuid not null,
  recipient text not null,
  purpose text not null,
  tenant uuid not null,
  categories text[] not null,
  consent uuid not null,
  since timestamptz not null,
  until timestamptz,
  primary key (subject, recipient, purpose)
);
create index recipient_consent_until on notices.recipient_consent (until) where until is not null;
-- How a consent to one purpose, or to one recipient of it, came to its end.
create table notices.consent_end (
  subject uuid not null,
  consent uuid not null,
  purpose text not null,
  recipient text not null default '',
  tenant uuid not null,
  how text not null check (how in ('withdrawn', 'expired')),
  at timestamptz not null,
  primary key (subject, consent, purpose, recipient)
);
-- What a person said no to. Until `ask_again_at` nobody asks them.
create table notices.refusal (
  subject uuid not null,
  purpose text not null,
  recipient text not null default '',
  tenant uuid not null,
  refused_at timestamptz not null,
  ask_again_at timestamptz not null,
  primary key (subject, purpose, recipient)
);
-- Who acts for whom, and until which day. The day is all that is kept of a child's age.
create table notices.guardian (
  subject uuid not null,
  guardian uuid not null,
  tenant uuid not null,
  relation text not null,
  since timestamptz not null,
  hand_over timestamptz not null,
  -- When the hand-over was written to both persons' chains; the date ends the guardian's access without it.
  handed_over_at timestamptz,
  primary key (subject, guardian)
);
create index guardian_of on notices.guardian (guardian);
create index guardian_hand_over on notices.guardian (hand_over) where handed_over_at is null;

grant select, insert, update, delete on notices.recipient_consent, notices.consent_end, notices.refusal, notices.guardian to bailee_notices;
grant select, delete on notices.recipient_consent, notices.consent_end, notices.refusal, notices.guardian to bailee_vault;
