-- What was kept of disks. The bytes lie below the data folder, a folder a capture, each chunk under its SHA-256.

create table captures (
    id         uuid primary key,
    machine_id uuid not null references machines,
    -- The job that worked on it last.
    job_id     uuid not null references jobs,
    begun_at   timestamptz not null,
    changed_at timestamptz not null,
    state      text not null check (state in ('arriving', 'whole', 'broken')),
    why        text,
    -- The disk, its partition table and its pieces (capture::Source).
    source     jsonb not null,

    constraint what_is_broken_says_why check ((state = 'broken') = (why is not null))
);
create index captures_of_machine on captures (machine_id, begun_at desc);
create index captures_newest on captures (begun_at desc, id desc);
-- Who goes on finds one to go on with.
create unique index one_capture_arrives_for_a_job on captures (job_id) where state = 'arriving';

-- Pieces that are here whole.
create table capture_pieces (
    capture_id uuid not null references captures on delete cascade,
    number     int not null check (number >= 0),
    -- How it was kept, with all of its chunks in their order (capture::Kept).
    kept       jsonb not null,
    stored     bigint not null check (stored >= 0),
    primary key (capture_id, number)
);
