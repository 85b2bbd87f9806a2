-- Health: what is measured of machines, how it usually is, rules, and what became of the machines they hold on.

-- Figures of each minute, in the order of `metrics`. A partition is a day, and goes as a whole.
create table measurements (
    machine_id uuid not null,
    at         timestamptz not null,
    metrics    smallint[] not null,
    figures    real[] not null,
    -- A figure is of one machine, metric and moment, and is there once.
    primary key (machine_id, at),
    constraint every_metric_has_its_figure check (cardinality(metrics) = cardinality(figures))
) partition by range (at);

-- Of each hour: the lowest, the middle and the highest. A partition is a month.
create table measurements_hourly (
    machine_id uuid not null,
    at         timestamptz not null,
    metrics    smallint[] not null,
    low        real[] not null,
    mid        real[] not null,
    high       real[] not null,
    primary key (machine_id, at)
) partition by range (at);

-- Hours that got figures since they were rolled up; what comes late is rolled up anew.
create table measurements_due (
    machine_id uuid not null,
    hour       timestamptz not null,
    primary key (machine_id, hour)
);
create index measurements_due_by_hour on measurements_due (hour);

-- How each machine is now.
create table machine_health (
    machine_id uuid primary key references machines on delete cascade,
    -- The agent counts what it sends; all of this series up to here is stored.
    stream     bigint not null,
    through    bigint not null,
    seen_at    timestamptz not null,
    -- By the metric's number: when, and how much.
    newest     jsonb not null default '{}',
    -- By the metric's number: how it usually is here. Learned at times.
    usual      jsonb not null default '{}',
    learned_at timestamptz,
    -- Null: not known.
    score      smallint check (score between 0 and 100),
    reasons    jsonb not null default '[]',
    judged_at  timestamptz
);
create index machine_health_to_judge on machine_health (judged_at nulls first);
create index machine_health_to_learn on machine_health (learned_at nulls first);
create index machine_health_worst on machine_health (score, machine_id);

-- How it usually is on machines of a model.
create table model_health (
    model      text primary key,
    usual      jsonb not null,
    learned_at timestamptz not null
);

create table health_rules (
    id         uuid primary key,
    name       text not null unique check (name <> ''),
    function   text not null references functions,
    rule       jsonb not null,
    enabled    boolean not null,
    changed_by text not null,
    changed_at timestamptz not null,
    version    bigint not null default 1,
    wake_at    timestamptz not null
);
create index health_rules_due on health_rules (wake_at) where enabled;

create table health_alerts (
    id           uuid primary key,
    rule_id      uuid not null references health_rules on delete cascade,
    machine_id   uuid not null references machines on delete cascade,
    state        text not null check (state in ('pending', 'firing', 'acknowledged', 'acting', 'resolved')),
    alert        jsonb not null,
    since        timestamptz not null,
    fired_at     timestamptz,
    needs_person boolean not null,
    job_id       uuid references jobs,
    resolved_at  timestamptz,
    seen_by      text,
    -- Told outside; tried again until it was taken.
    tell_at      timestamptz,
    tries        int not null default 0,
    constraint what_acts_has_a_job check (state <> 'acting' or job_id is not null),
    constraint what_is_told_has_fired check (state in ('pending', 'resolved') or fired_at is not null),
    constraint what_is_over_says_when check ((state = 'resolved') = (resolved_at is not null))
);
-- However many workers look: a rule holds on a machine once.
create unique index one_open_alert_of_a_rule on health_alerts (rule_id, machine_id) where state <> 'resolved';
create index health_alerts_of_machine on health_alerts (machine_id, since desc);
create index health_alerts_open on health_alerts (since) where state <> 'resolved';
create index health_alerts_fired on health_alerts (rule_id, fired_at) where fired_at is not null;
create index health_alerts_to_tell on health_alerts (tell_at) where tell_at is not null;

-- Trips that rules began: what the brakes count.
create table health_trips (
    job_id     uuid primary key references jobs on delete cascade,
    alert_id   uuid not null,
    rule_id    uuid not null,
    machine_id uuid not null references machines on delete cascade,
    site       text not null,
    at         timestamptz not null
);
create index health_trips_by_time on health_trips (at);
create index health_trips_of_machine on health_trips (machine_id, at);

-- What a person is asked before a rule that holds on many machines at once does anything.
create table health_questions (
    id          uuid primary key,
    rule_id     uuid not null references health_rules on delete cascade,
    words       text not null,
    asked_at    timestamptz not null,
    answer      text check (answer in ('approved', 'dismissed')),
    answered_by text,
    answered_at timestamptz,
    constraint an_answer_is_somebodys check ((answer is null) = (answered_by is null) and (answer is null) = (answered_at is null))
);
create unique index one_open_question_of_a_rule on health_questions (rule_id) where answer is null;

-- Brakes, the switch that stops all rules, and how long figures are kept: as the program has them where nobody set them.
insert into settings (name, changed_at, value) values ('health', now(), '{}') on conflict do nothing;
