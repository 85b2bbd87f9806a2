-- How figures usually are at the times of day, where that matters: beside what is usual of the whole day. In a table of its own,
-- since a machine's row is written each minute, and this every six hours.
create table machine_rhythms (
    machine_id uuid primary key references machines on delete cascade,
    -- The clocks by which parts were told. They say nothing where the machine's site has others now.
    zone       text not null,
    -- Hours before this were told by other clocks. Null: by these, as far as is known.
    since      timestamptz,
    -- Of each metric twelve values, one after the other; null: not known.
    metrics    smallint[] not null,
    medians    real[] not null,
    mads       real[] not null,
    constraint a_day_has_twelve_parts
        check (cardinality(medians) = 12 * cardinality(metrics) and cardinality(mads) = cardinality(medians))
);

-- The same of a model, from its machines, each by its own clocks.
create table model_rhythms (
    model   text primary key references model_health on delete cascade,
    metrics smallint[] not null,
    medians real[] not null,
    mads    real[] not null,
    constraint a_day_has_twelve_parts
        check (cardinality(medians) = 12 * cardinality(metrics) and cardinality(mads) = cardinality(medians))
);
