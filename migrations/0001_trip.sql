-- The trip: machines, boot images, functions, jobs, and what is seen on the way.
-- Words are those of docs/glossary.md; the laws of domain::step stand here once more as constraints.

create table machines (
    id           uuid primary key,
    name         text not null unique check (name <> ''),
    smbios_uuid  uuid unique,
    site         text not null default 'main',
    labels       text[] not null default '{}',
    arch         text not null check (arch in ('x86_64', 'aarch64')),
    firmware     text not null check (firmware in ('bios', 'uefi')),
    -- An agent was seen in the own system at least once.
    has_agent    boolean not null default false,
    -- The power ladder, first rung first.
    routes       jsonb not null default '[]' check (jsonb_typeof(routes) = 'array'),
    inventory    jsonb,
    -- Raised to make all machine tokens given out so far useless.
    token_generation int not null default 1,
    created_at   timestamptz not null default now(),
    version      bigint not null default 1
);

create table nics (
    mac        text primary key check (mac ~ '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'),
    machine_id uuid not null references machines on delete cascade
);
create index nics_machine on nics (machine_id);

create table images (
    digest      text primary key check (digest ~ '^[0-9a-f]{64}$'),
    name        text not null,
    version     text not null,
    title       text not null,
    kind        text not null check (kind in ('maintenance', 'operational')),
    format      text not null check (format in ('linux', 'program')),
    arch        text not null check (arch in ('x86_64', 'aarch64')),
    firmware    text[] not null check (firmware <@ array['bios', 'uefi']),
    parts       jsonb not null check (jsonb_array_length(parts) > 0),
    cmdline     text not null default '',
    agent       boolean not null,
    provenance  jsonb not null default '{}',
    created_at  timestamptz not null default now(),
    unique (name, version)
);

create table functions (
    name       text primary key check (name ~ '^[a-z0-9-]+$'),
    definition jsonb not null,
    position   int not null default 0,
    version    bigint not null default 1
);

create table jobs (
    id               uuid primary key,
    machine_id       uuid not null references machines,
    function         text not null references functions,
    image            text not null references images,
    initiator        jsonb not null,
    plan             jsonb not null,
    phase            text not null check (phase in ('queued', 'switching', 'running', 'restoring', 'held', 'closed')),
    attempt          int not null,
    phase_since      timestamptz not null,
    attempt_since    timestamptz not null,
    switching_since  timestamptz,
    boot_before      text,
    boot_maintenance text,
    outcome          text check (outcome in ('succeeded', 'found', 'failed', 'cancelled')),
    because          text,
    proof            text check (proof in ('person', 'handoff', 'probe', 'agent', 'untouched')),
    report           jsonb,
    waiting          jsonb,
    cancel           jsonb,
    decision         jsonb,
    created_at       timestamptz not null,
    closed_at        timestamptz,
    version          bigint not null default 1,
    wake_at          timestamptz,
    lease_by         text,
    lease_until      timestamptz,

    constraint only_acting_phases_have_attempts
        check ((phase in ('switching', 'restoring')) = (attempt > 0)),
    constraint an_outcome_is_decided_before_the_return
        check ((phase in ('restoring', 'held', 'closed')) = (outcome is not null)),
    constraint what_was_taken_has_a_beginning
        check (phase in ('queued', 'closed') or switching_since is not null),
    constraint closed_jobs_have_an_end
        check ((phase = 'closed') = (closed_at is not null)),
    constraint proof_comes_with_the_end
        check (proof is null or phase = 'closed')
);
-- One job holds a machine.
create unique index one_job_holds_a_machine on jobs (machine_id)
    where phase in ('switching', 'running', 'restoring', 'held');
create index jobs_due on jobs (wake_at) where phase <> 'closed';
create index jobs_of_machine on jobs (machine_id, created_at desc);
create index jobs_newest on jobs (created_at desc);

create table job_history (
    id      bigint generated always as identity primary key,
    job_id  uuid not null references jobs on delete cascade,
    at      timestamptz not null,
    "from"  text not null,
    "to"    text not null,
    attempt int not null,
    reason  text not null
);
create index job_history_of_job on job_history (job_id, id);

-- The outbox of restarts. The key makes a repeated step harmless.
create table calls (
    id         uuid primary key,
    job_id     uuid not null references jobs on delete cascade,
    machine_id uuid not null references machines,
    phase      text not null,
    attempt    int not null,
    route      jsonb not null,
    target     text not null check (target in ('maintenance', 'own_system')),
    state      text not null check (state in ('waiting', 'started', 'accepted', 'refused', 'void')),
    answer     text,
    -- The boot whose agent took the order: no other boot may carry it out.
    boot_id    text,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    -- A job may enter restoring twice (held, tried again): the phase's beginning tells them apart.
    phase_since timestamptz not null,
    unique (job_id, phase, phase_since, attempt)
);
create index calls_waiting on calls (machine_id) where state in ('waiting', 'started');

-- What a machine is told at its next network boot. No row: silence.
create table assignments (
    machine_id uuid primary key references machines on delete cascade,
    job_id     uuid not null unique references jobs on delete cascade,
    image      text not null references images,
    created_at timestamptz not null
);

-- The newest sighting of each kind.
create table facts (
    machine_id uuid not null references machines on delete cascade,
    kind       text not null,
    at         timestamptz not null,
    sighting   jsonb not null,
    primary key (machine_id, kind)
);

-- Sightings that tell something new, for the story of a trip.
create table sightings (
    id         bigint generated always as identity primary key,
    machine_id uuid not null references machines on delete cascade,
    at         timestamptz not null,
    sighting   jsonb not null
);
create index sightings_of_machine on sightings (machine_id, at);

create table job_log (
    job_id  uuid not null references jobs on delete cascade,
    boot_id text not null,
    seq     bigint not null,
    at      timestamptz not null,
    text    text not null,
    primary key (job_id, boot_id, seq)
);

-- Requests from machines that nobody told us of.
create table strangers (
    mac     text primary key,
    asked   text not null,
    at      timestamptz not null,
    times   bigint not null default 1
);
