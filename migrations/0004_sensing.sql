-- Calls that are prepared before they are pressed, what is polled of machines, and who is told of held jobs.

-- A worker holds a call that it prepares by a lease; `pressed` is recorded before the one request that restarts.
alter table calls drop constraint calls_state_check;
alter table calls add constraint calls_state_check
    check (state in ('waiting', 'started', 'pressed', 'accepted', 'refused', 'void'));
alter table calls add column lease_by text, add column lease_until timestamptz;
-- Boots follow each other: whether one was heard before is asked at each new one.
create index sightings_of_boots on sightings (machine_id, at)
    where sighting ->> 'kind' in ('own_agent', 'maintenance_agent');
-- Workers look for what waits whatever the machine is.
create index calls_to_ask on calls (created_at) where state in ('waiting', 'started');

-- Since when a sighting says the same.
alter table facts add column since timestamptz;
update facts set since = at;
-- With a default, so that a server of the version before can go on beside this one.
alter table facts alter column since set default now(), alter column since set not null;

-- What shows that the own system is up, where no agent can.
alter table machines add column probe jsonb;

-- When the machine was first told of its assignment: from then on it may be on its way into maintenance.
alter table jobs add column offered_at timestamptz;

-- Machines that are looked at again and again while a job has them.
create table watches (
    machine_id uuid primary key references machines on delete cascade,
    job_id     uuid not null references jobs on delete cascade,
    due_at     timestamptz not null
);
create index watches_due on watches (due_at);

-- A person must be told. Raised and cleared with the phase that makes it true.
create table alarms (
    id         bigint generated always as identity primary key,
    kind       text not null check (kind in ('held')),
    job_id     uuid not null references jobs on delete cascade,
    machine_id uuid not null references machines on delete cascade,
    reason     text not null,
    raised_at  timestamptz not null,
    seen_by    text,
    seen_at    timestamptz,
    cleared_at timestamptz,
    -- Told outside (webhook): tried again until it was taken.
    told_at    timestamptz,
    tries      int not null default 0,
    tell_at    timestamptz,
    constraint who_saw_it_and_when check ((seen_by is null) = (seen_at is null))
);
create unique index one_open_alarm_of_a_kind on alarms (job_id, kind) where cleared_at is null;
create index alarms_open on alarms (raised_at) where cleared_at is null;
create index alarms_to_tell on alarms (tell_at) where tell_at is not null;
