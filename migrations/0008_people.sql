-- People: who they are, how they show it, and what they did.

create table people (
    id         uuid primary key,
    -- What they sign in with; one way of writing it (domain::people::name).
    name       text not null unique check (name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'),
    title      text not null check (title <> ''),
    -- Roles, each within a scope.
    grants     jsonb not null default '[]' check (jsonb_typeof(grants) = 'array'),
    -- In the format of password hashes (PHC), so that its cost can be raised later. None: there is no way in yet.
    password   text check (password like '$argon2id$%'),
    locked_at  timestamptz,
    created_at timestamptz not null,
    version    bigint not null default 1
);

-- Only the SHA-256 of what the browser holds is here: a copy of the database opens nothing.
create table sessions (
    id             uuid primary key,
    person_id      uuid not null references people on delete cascade,
    token          bytea not null unique check (length(token) = 32),
    -- The token before the last change; it holds until the new one is used, and a moment longer.
    previous       bytea unique check (length(previous) = 32),
    previous_until timestamptz,
    created_at     timestamptz not null,
    changed_at     timestamptz not null,
    seen_at        timestamptz not null,
    expires_at     timestamptz not null,
    came_from      text not null,
    browser        text not null default '',
    ended_at       timestamptz
);
create index sessions_of_person on sessions (person_id) where ended_at is null;

-- Links that let somebody choose a password, once. Nobody named: whoever opens it becomes an administrator.
create table links (
    token      bytea primary key check (length(token) = 32),
    person_id  uuid references people on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);

-- What programs sign in with, each for its owner and with no more than a role.
create table tokens (
    id         uuid primary key,
    person_id  uuid not null references people on delete cascade,
    name       text not null check (name <> ''),
    -- The first letters, by which people tell tokens apart.
    prefix     text not null,
    token      bytea not null unique check (length(token) = 32),
    role       text not null check (role in ('viewer', 'help_desk', 'operator', 'administrator')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    used_from  text,
    ended_at   timestamptz
);
create index tokens_of_person on tokens (person_id) where ended_at is null;

-- Sign-ins that failed, under what is counted: a name, an address, both together.
create table failed_sign_ins (
    key text not null,
    at  timestamptz not null
);
create index failed_sign_ins_of_key on failed_sign_ins (key, at);

create table audit (
    id           bigint generated always as identity primary key,
    at           timestamptz not null,
    -- No reference: what was done stays, whoever goes.
    person_id    uuid,
    who          text not null,
    came_from    text not null,
    act          text not null check (act <> ''),
    what         text not null,
    machine_id   uuid,
    machine_name text,
    before       jsonb,
    after        jsonb,
    -- It was not done, and why: a row of its own, for the row that says what was asked.
    of           bigint references audit,
    why_not      text,
    constraint what_was_not_done_says_why check ((of is null) or (why_not is not null))
);
create index audit_newest on audit (at desc);
create index audit_of_machine on audit (machine_id, at desc) where machine_id is not null;
create index audit_of_person on audit (person_id, at desc) where person_id is not null;
create index audit_ends on audit (of) where of is not null;

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only: rows are never changed or removed';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function audit_is_append_only();

-- domain::people::Scope::covers, for lists: is a machine within one of these scopes? None: no limit.
create function in_scope(site text, labels text[], scopes jsonb) returns boolean language sql immutable as $$
    select scopes is null or exists (
        select from jsonb_array_elements(scopes) as s
        where (coalesce(jsonb_array_length(s -> 'sites'), 0) = 0 or s -> 'sites' ? site)
        and (coalesce(jsonb_array_length(s -> 'labels'), 0) = 0 or s -> 'labels' ?| labels))
$$;
