-- Runs: jobs started together. The laws of domain::run stand here once more as constraints.

create table runs (
    id          uuid primary key,
    function    text not null references functions,
    initiator   jsonb not null,
    plan        jsonb not null,
    state       text not null check (state in ('running', 'paused', 'stopped', 'cancelled', 'closed')),
    since       timestamptz not null,
    because     text not null,
    -- The newest wave of which a machine was started; 0 is the canary.
    wave        int check (wave >= 0),
    -- The pause before a wave that is the next.
    gap         jsonb,
    waiting     jsonb,
    -- What a person wants of it; gone when it was looked at.
    wish        jsonb,
    created_at  timestamptz not null,
    over_at     timestamptz,
    version     bigint not null default 1,
    wake_at     timestamptz,
    lease_by    text,
    lease_until timestamptz,

    constraint closed_runs_are_over check (state <> 'closed' or over_at is not null),
    constraint only_ended_runs_are_over check (over_at is null or state in ('closed', 'cancelled')),
    constraint a_run_that_is_not_over_looks_again
        check ((over_at is null) = (wake_at is not null or lease_until is not null))
);
create index runs_due on runs (wake_at) where over_at is null;
create index runs_newest on runs (created_at desc);

alter table jobs add column run_id uuid references runs;
-- A run starts a machine once.
create unique index a_run_starts_a_machine_once on jobs (run_id, machine_id) where run_id is not null;

create table run_members (
    run_id     uuid not null references runs on delete cascade,
    machine_id uuid not null references machines,
    -- The order in which they go.
    position   int not null,
    -- 0 is the canary.
    wave       int not null check (wave >= 0),
    state      text not null check (state in ('waiting', 'job', 'refused', 'skipped')),
    job_id     uuid unique references jobs,
    -- Why it was refused.
    why        text,
    -- Its failure no longer counts: a person let the run go on.
    forgiven   boolean not null default false,
    primary key (run_id, machine_id),
    unique (run_id, position),

    constraint started_members_have_a_job check ((state = 'job') = (job_id is not null)),
    constraint refused_members_say_why check ((state = 'refused') = (why is not null))
);
create index run_members_of_machine on run_members (machine_id);

create table run_history (
    id     bigint generated always as identity primary key,
    run_id uuid not null references runs on delete cascade,
    at     timestamptz not null,
    state  text not null,
    reason text not null
);
create index run_history_of_run on run_history (run_id, id);
