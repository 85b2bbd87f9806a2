-- What is counted once as it happens, so that nobody counts it anew at each look: how long the hops of trips took, and how
-- machines are.

-- By hop and by how long it took: the place among the limits that are told apart.
create table hop_counts (
    hop     text not null,
    place   smallint not null,
    hops    bigint not null,
    seconds double precision not null,
    primary key (hop, place)
);

-- The last job whose hops are counted.
create table hops_counted (
    one       boolean primary key default true check (one),
    closed_at timestamptz not null,
    job_id    uuid not null
);
insert into hops_counted (closed_at, job_id) values ('1970-01-01T00:00:00Z', '00000000-0000-0000-0000-000000000000');
create index jobs_by_their_end on jobs (closed_at, id) where phase = 'closed';

-- Machines that are alike, counted every minute. Of labels only those are kept that the scope of somebody names: whoever
-- sees a part of the fleet is told the sum over the rows within it.
create table health_counts (
    site     text not null,
    model    text not null,
    labels   text[] not null,
    -- Null: not judged.
    score    smallint,
    machines bigint not null
);
create table health_counted (
    one    boolean primary key default true check (one),
    at     timestamptz not null,
    -- The labels that were told apart.
    labels text[] not null
);
insert into health_counted (at, labels) values ('1970-01-01T00:00:00Z', '{}');

-- The same at the end of each day, without the models, for as long as hours are kept. The newest is of this hour.
create table health_days (
    day    date primary key,
    at     timestamptz not null,
    labels text[] not null
);
create table health_day_counts (
    day     date not null references health_days on delete cascade,
    site    text not null,
    labels  text[] not null,
    well    bigint not null,
    fair    bigint not null,
    poor    bigint not null,
    unknown bigint not null,
    primary key (day, site, labels)
);
