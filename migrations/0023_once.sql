-- What programs asked for under a key of their own (Idempotency-Key), with the answer: asked again, it is not done again.
create table asked_once (
    -- Who asked: a key means something to one person alone.
    person_id  uuid not null,
    key        text not null check (length(key) between 1 and 255),
    -- SHA-256 of what was asked.
    asked      bytea not null check (length(asked) = 32),
    begun_at   timestamptz not null,
    -- None while it is done, or where the server ended meanwhile.
    status     int,
    -- Headers that programs need (content-type, location).
    headers    jsonb not null default '{}',
    body       bytea,
    primary key (person_id, key)
);
create index asked_once_begun on asked_once (begun_at);
