-- What the fleet is searched by, views that are kept, and machines that are adopted by rule.

-- Where a machine stands and whose it is, as people keep it. Empty: not known.
alter table machines
    add column room text not null default '',
    add column asset_tag text not null default '',
    add column used_by text not null default '';

-- Addresses that the inventory names, without the length of their networks.
create function machine_addresses(inventory jsonb) returns text[]
language sql immutable parallel safe as $$
    select coalesce(array_agg(lower(split_part(a #>> '{}', '/', 1) collate "C")), '{}')
    from jsonb_path_query(coalesce(inventory, '{}'), '$.nics[*].addresses[*]') as a
$$;

-- All that a word without a key is looked for in, in small letters (A to Z only, whatever the database's locale). A line
-- each: no word has a line's end in it.
create function machine_search(
    name text, site text, room text, asset_tag text, used_by text, labels text[], inventory jsonb
) returns text
language sql immutable parallel safe as $$
    select lower(concat_ws(e'\n', name, site, room, asset_tag, used_by,
        inventory ->> 'vendor', inventory ->> 'model', inventory ->> 'serial', array_to_string(labels, e'\n'),
        (select string_agg(split_part(a #>> '{}', '/', 1), e'\n')
         from jsonb_path_query(coalesce(inventory, '{}'), '$.nics[*].addresses[*]') as a)) collate "C")
$$;

alter table machines
    add column model text generated always as (coalesce(inventory ->> 'model', '')) stored,
    add column serial text generated always as (coalesce(inventory ->> 'serial', '')) stored,
    add column addresses text[] generated always as (machine_addresses(inventory)) stored,
    add column search text generated always as
        (machine_search(name, site, room, asset_tag, used_by, labels, inventory)) stored;

-- The orders in which machines are listed, with all that finding a page's machines takes.
create index machines_by_site on machines (site, name, id);
create index machines_by_name on machines (name, id);
create index machines_by_model on machines (model, name, id);

-- A search that is kept, with how it is shown. Shared by all.
create table saved_views (
    id         bigint generated always as identity primary key,
    name       text not null unique check (name <> ''),
    q          text not null default '',
    sort       text not null default '',
    view       text not null default '',
    grouped    text not null default '',
    created_at timestamptz not null
);

-- What strangers say of themselves when they ask.
alter table strangers
    add column first_at timestamptz,
    add column uuid uuid,
    add column arch text check (arch in ('x86_64', 'aarch64')),
    add column firmware text check (firmware in ('bios', 'uefi')),
    -- Where it asked from: the address of the network's card that heard it.
    add column network text;
update strangers set first_at = at;
alter table strangers alter column first_at set default now(), alter column first_at set not null;
create index strangers_newest on strangers (at desc);

-- Strangers that are adopted by themselves. A condition that is null holds of all.
create table adoption_rules (
    id         bigint generated always as identity primary key,
    position   int not null,
    -- Its first digits, in small letters without separators.
    mac_prefix text check (mac_prefix ~ '^[0-9a-f]{1,12}$'),
    uuid       uuid,
    arch       text check (arch in ('x86_64', 'aarch64')),
    network    cidr,
    -- `{mac}`, `{mac6}` and `{n}` stand for something.
    name       text not null check (name <> ''),
    site       text not null check (site <> ''),
    labels     text[] not null default '{}',
    active     boolean not null default true,
    created_at timestamptz not null,
    constraint a_rule_asks_for_something
        check (mac_prefix is not null or uuid is not null or arch is not null or network is not null)
);

-- Lists of machines that were read and that nobody has confirmed yet. No machine comes of them by themselves.
create table import_drafts (
    id         uuid primary key,
    text       text not null,
    created_at timestamptz not null
);

-- How long such a trip usually takes is asked for each function on each machine's page: the newest that went well.
create index jobs_that_went_well on jobs (function, closed_at desc)
    where phase = 'closed' and outcome in ('succeeded', 'found');
