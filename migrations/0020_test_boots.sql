-- Versions of images, started in a throw-away virtual machine: what became of it.

create table test_boots (
    id          uuid primary key,
    image       text not null references images,
    firmware    text not null check (firmware in ('bios', 'uefi')),
    asked_by    text not null,
    asked_at    timestamptz not null,
    looks_for   text not null default '',
    -- What was started and how, in words.
    way         text not null default '',
    -- The end of what it said on its serial line.
    heard       text not null default '',
    screen      bytea,
    screens     integer not null default 0,
    -- When the server that runs it last wrote: a server that is gone writes no more.
    written_at  timestamptz not null,
    stop_wanted boolean not null default false,
    ended_at    timestamptz,
    verdict     text,
    words       text not null default '',
    check ((ended_at is null) = (verdict is null))
);
create index test_boots_of_image on test_boots (image, asked_at desc);
-- One at a time: a virtual machine takes memory and a processor that machines in maintenance may need.
create unique index test_boot_under_way on test_boots ((true)) where ended_at is null;
