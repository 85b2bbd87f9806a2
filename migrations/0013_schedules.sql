-- The timetable: schedules, what became of their occurrences, maintenance windows and blackouts.

create table schedules (
    id              uuid primary key,
    name            text not null unique check (name <> ''),
    function        text not null references functions,
    -- The search that chooses machines each time it starts.
    query           text not null,
    -- These and no others, where it is a fixed list; the search is then not asked.
    machines        uuid[],
    -- What whoever saved it last may touch: it starts nothing beyond.
    scope           jsonb not null,
    plan            jsonb not null,
    timing          jsonb not null,
    -- No occurrence at or before this is its business: it was not there, or was another.
    since           timestamptz not null,
    -- All before this have their row.
    settled_through timestamptz,
    paused_at       timestamptz,
    changed_by      text not null,
    changed_at      timestamptz not null,
    version         bigint not null default 1,
    wake_at         timestamptz not null
);
create index schedules_due on schedules (wake_at);

-- What became of an occurrence. Its name is the local time that the rule gave it: it stays when zones change their
-- rules, and when it was moved.
create table schedule_occurrences (
    schedule_id uuid not null references schedules on delete cascade,
    recurrence  text not null check (recurrence ~ '^[0-9]{8}T[0-9]{6}$'),
    -- When it was to begin.
    due_at      timestamptz not null,
    outcome     text not null check (outcome in ('started', 'skipped', 'failed')),
    reason      text not null check (reason <> ''),
    run_id      uuid unique references runs,
    settled_at  timestamptz not null,
    -- An occurrence is settled once, whoever does it.
    primary key (schedule_id, recurrence),
    constraint started_occurrences_have_a_run check ((outcome = 'started') = (run_id is not null))
);
create index schedule_occurrences_by_time on schedule_occurrences (due_at);

-- When machines may be taken (windows), and when in no case (blackouts).
create table maintenance_times (
    id         uuid primary key,
    kind       text not null check (kind in ('window', 'blackout')),
    title      text not null check (title <> ''),
    -- Which machines they are for.
    query      text not null,
    times      jsonb not null,
    -- Blackouts that were read from one calendar; replaced together.
    source     text,
    changed_by text not null,
    changed_at timestamptz not null
);
create index maintenance_times_of_source on maintenance_times (source) where source is not null;

-- The secret address by which a person's calendar program reads the timetable: one each, as its digest.
create table calendar_feeds (
    person_id uuid primary key references people on delete cascade,
    token     bytea not null unique,
    made_at   timestamptz not null
);
