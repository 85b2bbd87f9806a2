-- Consoles that were opened into machines in maintenance, each with its recording (a file named by the id).
create table consoles (
    id        uuid primary key,
    job_id    uuid not null references jobs (id),
    opened_at timestamptz not null,
    closed_at timestamptz,
    -- Who sat there, in the order in which they came.
    people    text[] not null,
    -- Of the recording.
    bytes     bigint not null default 0 check (bytes >= 0)
);
create index consoles_of_job on consoles (job_id, opened_at desc);
