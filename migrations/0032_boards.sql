-- Management boards that speak Redfish are asked for what they measure and for what stands in their logs.

-- A machine's board, and how asking it goes. A row for each machine with such a route, as long as it has one.
create table boards (
    machine_id    uuid primary key references machines on delete cascade,
    -- The machine's route, with the secret's id and not the secret.
    route         jsonb not null,
    -- Where it is: machines of one enclosure share a board, and it is asked by one at a time.
    origin        text not null,
    due_at        timestamptz not null,
    -- While it is asked. Who asked for longer than this is not heard any more.
    claimed_until timestamptz,
    claim         bigint not null default 0,
    answered_at   timestamptz,
    failures      int not null default 0,
    failed_at     timestamptz,
    -- Why it did not answer; null: it answered last.
    trouble       text,
    -- What is where on it, and what it said last (health::board).
    places        jsonb,
    reading       jsonb,
    -- When each log was read last: what stood in one before it was first read is history, and nobody's alert.
    logs          jsonb not null default '{}',
    -- When the hottest sensor was told from here and not by the agent.
    temperature_at timestamptz,
    constraint who_does_not_answer_says_why check ((failures = 0) = (trouble is null) and (trouble is null or failed_at is not null))
);
create index boards_due on boards (due_at) where claimed_until is null;
create unique index one_at_a_time_asks_a_board on boards (origin) where claimed_until is not null;

-- Who has such a board is looked for each minute.
create index machines_with_redfish on machines (id) where routes @> '[{"kind": "redfish"}]';

-- Warnings and worse in the logs of boards, each once however often it is read.
create table board_entries (
    machine_id uuid not null references machines on delete cascade,
    -- Of log, time and words; of the id where no time is told, since ids begin anew when a log is cleared.
    digest     bytea not null,
    log        text not null,
    level      text not null check (level in ('warning', 'critical')),
    -- As the board writes it; its clock is its own.
    created    text not null,
    message    text not null,
    seen_at    timestamptz not null,
    -- It stood in a log that was read for the first time.
    is_history boolean not null,
    -- About when it was last read. What is in its log is kept, or it would be new again.
    there_at   timestamptz not null,
    -- It was not among what was read of its log last.
    is_gone    boolean not null default false,
    primary key (machine_id, digest)
);
create index board_entries_newest on board_entries (machine_id, seen_at desc);
create index board_entries_gone on board_entries (there_at);
