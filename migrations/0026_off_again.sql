-- A machine that was off when its trip began is shut down again when it is proven back.
alter table calls add column found_off text check (found_off in ('board', 'silence'));
alter table jobs
    add column was_off boolean not null default false,
    add constraint only_a_machine_that_was_taken_was_off check (not was_off or switching_since is not null);

-- The order to the own system's agent: one a job at most, for the boot that proved the return and for no other.
create table shut_downs (
    id         uuid primary key,
    job_id     uuid not null unique references jobs on delete cascade,
    machine_id uuid not null references machines,
    boot_id    text not null,
    state      text not null check (state in ('waiting', 'started', 'accepted', 'refused', 'void')),
    given_at   timestamptz not null,
    -- Later than this nobody takes it.
    expires_at timestamptz not null check (expires_at > given_at),
    changed_at timestamptz not null
);
create index shut_downs_open on shut_downs (machine_id) where state in ('waiting', 'started');
