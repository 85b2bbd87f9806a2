-- Passwords and keys of power routes. Sealed under a key that lies outside the database: a copy of these rows
-- opens nothing, and a row moved to another id or machine does not open either.
create table secrets (
    id         uuid primary key,
    machine_id uuid not null references machines on delete cascade,
    -- The format, so that a later one can be told apart. 1: AES-256-GCM.
    format     smallint not null check (format = 1),
    -- GCM's, 12 bytes, by chance for every sealing.
    nonce      bytea not null check (length(nonce) = 12),
    sealed     bytea not null,
    changed_at timestamptz not null default now()
);
create index secrets_of_machine on secrets (machine_id);
