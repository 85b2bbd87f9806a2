-- Whoever is at a machine is asked before a job takes it. One question a job, put once; of answers the first stands.
create table questions (
    job_id      uuid primary key references jobs on delete cascade,
    machine_id  uuid not null references machines,
    asked_at    timestamptz not null,
    -- How often it was put off.
    round       int not null default 0 check (round >= 0),
    snoozed_at  timestamptz,
    -- Since when it stands before somebody in this round, and the boot whose agent said so.
    shown_at    timestamptz,
    shown_boot  text,
    answered_at timestamptz,
    answer      jsonb,
    constraint an_answer_has_its_time check ((answer is null) = (answered_at is null)),
    constraint what_was_put_off_has_its_time check ((round > 0) = (snoozed_at is not null)),
    constraint shown_by_a_boot check ((shown_at is null) = (shown_boot is null))
);
create index questions_open on questions (machine_id) where answer is null;
