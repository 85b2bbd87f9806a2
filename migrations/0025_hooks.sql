-- Programs outside that are told of events (webhooks out): hooks, what happened, and what each was told of it.

create table hooks (
    id         uuid primary key,
    name       text not null unique check (name <> ''),
    -- Kinds of events, a search for machines, and the address.
    hook       jsonb not null,
    kinds      text[] not null check (cardinality(kinds) > 0),
    -- Its secret is derived from this; deliveries are signed with the former one, too, until then.
    generation   int not null default 1,
    former_until timestamptz,
    made_at    timestamptz not null,
    changed_by text not null,
    changed_at timestamptz not null,
    -- By nobody: it failed for too long.
    paused_by  text,
    paused_at  timestamptz,
    paused_why text,
    -- Deliveries that failed one after the other, and since when.
    failures   int not null default 0,
    failing_since timestamptz,
    delivered_at  timestamptz,
    -- It is left alone until then.
    rests_until   timestamptz,
    -- A worker delivers to it: no other does meanwhile.
    lease_until   timestamptz,
    constraint what_is_paused_says_why check ((paused_at is null) = (paused_why is null)),
    constraint what_fails_does_so_since_a_moment check ((failures = 0) = (failing_since is null))
);

-- What happened, written in the transaction that made it so. Nothing is written that no hook wants.
create table hook_events (
    id         uuid primary key,
    at         timestamptz not null,
    kind       text not null,
    machine_id uuid,
    run_id     uuid,
    data       jsonb not null,
    -- Each hook that wants it has its delivery.
    dealt_at   timestamptz
);
create index hook_events_to_deal on hook_events (at, id) where dealt_at is null;
create index hook_events_old on hook_events (at);

create table hook_deliveries (
    id         bigint generated always as identity primary key,
    hook_id    uuid not null references hooks on delete cascade,
    event_id   uuid not null references hook_events on delete cascade,
    -- When it happened: deliveries go in this order.
    at         timestamptz not null,
    state      text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
    due_at     timestamptz,
    tries      int not null default 0,
    -- Of the last try; no status: no answer came.
    tried_at   timestamptz,
    status     int,
    ms         int,
    said       text,
    unique (hook_id, event_id),
    constraint what_waits_is_due_some_time check ((state = 'waiting') = (due_at is not null))
);
create index hook_deliveries_due on hook_deliveries (hook_id, due_at) where due_at is not null;
-- Many may wait behind a receiver that is away: the next is found without looking at all of them.
create index hook_deliveries_next on hook_deliveries (hook_id, at, event_id) where due_at is not null;
create index hook_deliveries_newest on hook_deliveries (hook_id, id desc);
create index hook_deliveries_of_event on hook_deliveries (event_id);
create index hook_deliveries_given_up on hook_deliveries (hook_id, at) where state = 'given_up';
