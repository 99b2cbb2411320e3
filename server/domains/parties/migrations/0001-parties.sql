-- Every secret that this room gives out (key, token, link, session) is kept as its SHA-256 and never in the clear: who
-- steps off with this schema can sign in as nobody.

create table parties.organisation (
  id uuid primary key,
  kind text not null check (kind in ('provider', 'authority', 'identity-service', 'recipient')),
  name_en text not null,
  name_zh text not null,
  area text,
  level text check (level in ('national', 'province', 'city', 'district')),
  founder boolean not null,
  created_at timestamptz not null
);
-- The organisation that set this server up. There is one, whatever races.
create unique index organisation_founder on parties.organisation (founder) where founder;

-- Open until the first organisation exists, then closed for good.
create table parties.setup (
  single boolean primary key default true check (single),
  token_hash bytea check (octet_length(token_hash) = 32),
  made_at timestamptz not null,
  closed_at timestamptz,
  check ((token_hash is null) = (closed_at is not null))
);

-- `acts_for`: the member of staff who stands behind the key, or the key itself where it was made without one. A second
-- person must act for somebody else.
create table parties.client (
  id uuid primary key,
  tenant uuid not null references parties.organisation,
  name text not null,
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  abilities text[] not null,
  purposes text[] not null,
  acts_for text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index client_tenant on parties.client (tenant, id);

create table parties.staff (
  id uuid primary key,
  tenant uuid not null references parties.organisation,
  display_name text not null,
  abilities text[] not null,
  purposes text[] not null,
  created_at timestamptz not null
);
create index staff_tenant on parties.staff (tenant, id);

create table parties.passkey (
  credential_id text primary key,
  staff uuid not null references parties.staff,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  created_at timestamptz not null
);
create index passkey_staff on parties.passkey (staff);

-- WebAuthn challenges. A ceremony is deleted when it is finished, well or badly. `bound_to` is the hash of the set-up
-- token or invitation that opened it, `staff` the id that the new passkey will belong to.
create table parties.ceremony (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  kind text not null check (kind in ('setup', 'register', 'sign-in')),
  challenge text not null,
  staff uuid,
  display_name text,
  bound_to bytea,
  expires_at timestamptz not null,
  check ((kind = 'sign-in') = (staff is null)),
  check ((kind = 'sign-in') = (bound_to is null))
);
create index ceremony_expires_at on parties.ceremony (expires_at);

create table parties.invitation (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  tenant uuid not null references parties.organisation,
  staff uuid not null unique,
  display_name text not null,
  abilities text[] not null,
  purposes text[] not null,
  expires_at timestamptz not null
);
create index invitation_expires_at on parties.invitation (expires_at);

-- A person, as one provider knows them: an id and nothing else. No reference to the organisation, because every new
-- person would lock the same row of it.
create table parties.person (
  tenant uuid not null,
  id uuid not null,
  state text not null check (state in ('live', 'erased')),
  created_at timestamptz not null,
  erased_at timestamptz,
  primary key (tenant, id),
  check ((state = 'erased') = (erased_at is not null))
);

create table parties.access_link (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  tenant uuid not null,
  person uuid not null,
  expires_at timestamptz not null,
  foreign key (tenant, person) references parties.person
);
create index access_link_expires_at on parties.access_link (expires_at);

create table parties.session (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  tenant uuid not null,
  staff uuid references parties.staff,
  person uuid,
  used_at timestamptz not null,
  expires_at timestamptz not null,
  foreign key (tenant, person) references parties.person,
  check ((staff is null) <> (person is null))
);
create index session_expires_at on parties.session (expires_at);

-- Two people, whatever the program thinks: neither the same actor nor two keys of the same hand.
create table parties.approval (
  id uuid primary key,
  tenant uuid not null references parties.organisation,
  act text not null,
  subject text not null,
  reason text not null,
  state text not null check (state in ('waiting', 'approved', 'declined', 'used')),
  requested_by text not null,
  requested_for text not null,
  requested_at timestamptz not null,
  decided_by text,
  decided_for text,
  decided_at timestamptz,
  used_at timestamptz,
  expires_at timestamptz not null,
  constraint approval_two_people check (decided_by <> requested_by and decided_for <> requested_for),
  constraint approval_decided check (
    (state = 'waiting') = (decided_by is null)
    and (decided_by is null) = (decided_for is null)
    and (decided_by is null) = (decided_at is null)
  ),
  constraint approval_used check ((state = 'used') = (used_at is not null))
);
create index approval_subject on parties.approval (tenant, act, subject);
create index approval_tenant on parties.approval (tenant, id);

grant usage on schema parties to bailee_parties, bailee_notices, bailee_vault;
grant select, insert on parties.organisation to bailee_parties;
grant select, insert, update on parties.setup to bailee_parties;
grant select, insert on parties.client to bailee_parties;
grant update (revoked_at) on parties.client to bailee_parties;
grant select, insert on parties.staff to bailee_parties;
grant select, insert on parties.passkey to bailee_parties;
grant update (counter) on parties.passkey to bailee_parties;
grant select, insert, delete on parties.ceremony, parties.invitation, parties.access_link, parties.session to bailee_parties;
grant update (used_at) on parties.session to bailee_parties;
-- Not to change it: PostgreSQL wants this right for `select … for update`.
grant update (expires_at) on parties.invitation to bailee_parties;
grant select, insert on parties.person to bailee_parties;
grant update (state, erased_at) on parties.person to bailee_parties;
grant select, insert on parties.approval to bailee_parties;
grant update (state, decided_by, decided_for, decided_at, used_at) on parties.approval to bailee_parties;

-- Rooms above work in their own transactions. They make persons, erase them and use approvals up; they decide none,
-- because without `decided_by` the constraint above refuses the state.
grant select on parties.organisation to bailee_notices, bailee_vault;
grant select, insert on parties.person to bailee_notices, bailee_vault;
grant update (state, erased_at) on parties.person to bailee_notices, bailee_vault;
grant select on parties.approval to bailee_notices, bailee_vault;
grant update (state, used_at) on parties.approval to bailee_notices, bailee_vault;
