-- Calendars that are read from an address again and again. Their blackouts stand in maintenance_times, by their name.
create table calendars (
    name       text primary key check (name <> ''),
    url        text not null,
    -- Which machines their blackouts are for.
    query      text not null,
    -- Times without a zone are of this one.
    zone       text not null,
    changed_by text not null,
    changed_at timestamptz not null,
    -- When it was asked last, and when it last gave a calendar.
    asked_at   timestamptz,
    read_at    timestamptz,
    -- Why it gave none the last time; what it gave before still holds.
    trouble    text,
    wake_at    timestamptz not null
);
create index calendars_due on calendars (wake_at);

-- Who is at a machine, as its own system's agent saw it last.
create table presences (
    machine_id uuid primary key references machines on delete cascade,
    presence   jsonb not null,
    at         timestamptz not null
);
