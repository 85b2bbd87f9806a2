-- Where a version of an image stands, who put it there and why. What is in the catalog today is stable.

alter table images
    add column channel text not null default 'stable' check (channel in ('candidate', 'stable')),
    add column channel_since timestamptz,
    -- Which machines it is for; empty: all.
    add column labels text[] not null default '{}',
    add column models text[] not null default '{}',
    add column notes text not null default '',
    -- Taken out of the catalog. The row stays for the jobs that ran with it.
    add column removed_at timestamptz;
update images set channel_since = created_at;
alter table images alter column channel_since set default now(), alter column channel_since set not null;

-- What was taken out does not stand in the way of another of that name.
alter table images drop constraint images_name_version_key;
create unique index images_by_name_and_version on images (name, version) where removed_at is null;

-- Promotions, roll-backs and removals.
create table image_moves (
    id     bigint generated always as identity primary key,
    image  text not null references images,
    at     timestamptz not null,
    "to"   text not null check ("to" in ('candidate', 'stable', 'removed')),
    by_who text not null,
    why    text not null default ''
);
create index image_moves_of_image on image_moves (image, id);
create index jobs_with_image on jobs (image);
