-- What others say of machines: sources that may tell, what they sent, and what each of their alerts is now.

create table health_sources (
    id         uuid primary key,
    name       text not null unique check (name <> ''),
    source     jsonb not null,
    -- Its secret is derived from this; the former one holds until then.
    generation   int not null default 1,
    former_until timestamptz,
    changed_by text not null,
    changed_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz,
    -- What was turned away, since the last delivery that was not: anybody who knows the address can make this grow.
    refused    bigint not null default 0,
    refused_at timestamptz,
    refused_why text,
    constraint what_is_revoked_says_by_whom check ((revoked_by is null) = (revoked_at is null))
);

create table health_deliveries (
    id        bigint generated always as identity primary key,
    source_id uuid not null references health_sources on delete cascade,
    at        timestamptz not null,
    -- Of a signed one: the digest of its signature. It is taken once.
    seal      bytea,
    words     text not null,
    came_from text not null
);
create unique index a_signature_is_taken_once on health_deliveries (source_id, seal) where seal is not null;
create index health_deliveries_newest on health_deliveries (source_id, at desc);

-- What a source told last of an alert.
create table health_tidings (
    source_id   uuid not null references health_sources on delete cascade,
    fingerprint bytea not null,
    machine_id  uuid references machines on delete cascade,
    -- Why it is about no machine.
    unmatched   text,
    name        text not null,
    firing      boolean not null,
    since       timestamptz not null,
    told_at     timestamptz not null,
    -- Deliveries that told the same.
    times       bigint not null default 1,
    -- As the source writes it: what it told as over does not fire again by a delivery that came late.
    began       text not null,
    summary     text not null,
    labels      jsonb not null,
    primary key (source_id, fingerprint),
    constraint what_is_about_no_machine_says_why check ((machine_id is null) = (unmatched is not null))
);
create index health_tidings_of_machine on health_tidings (machine_id, name);

-- Who outside is told of alerts and alarms: by mail, or in a chat.
create table listeners (
    id         uuid primary key,
    name       text not null unique check (name <> ''),
    listener   jsonb not null,
    -- Severities from this one on: 0 notice, 1 warning, 2 critical.
    least      smallint not null,
    -- A mail account's password, or the address of a chat, which is as good as one. Sealed.
    nonce      bytea not null,
    sealed     bytea not null,
    changed_by text not null,
    changed_at timestamptz not null,
    told_at    timestamptz,
    failed_at  timestamptz,
    trouble    text
);

-- What each is to be told, of what (`alert:ID`, `alarm:ID`), together with what else is of its group.
create table tellings (
    listener_id uuid not null references listeners on delete cascade,
    thing       text not null,
    together    text not null,
    tell_at     timestamptz,
    told_at     timestamptz,
    tries       int not null default 0,
    primary key (listener_id, thing)
);
create index tellings_due on tellings (tell_at) where tell_at is not null;
create index tellings_told on tellings (listener_id, together, told_at);
