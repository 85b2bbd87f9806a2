-- Who may vouch for versions of images, and who did.

create table signing_keys (
    -- As minisign writes it: 16 digits.
    key_id     text primary key check (key_id ~ '^[0-9A-F]{16}$'),
    -- The second line of minisign.pub.
    public_key text not null unique,
    name       text not null check (name <> ''),
    added_at   timestamptz not null,
    added_by   text not null,
    -- It is not trusted any more. What it signed stands again where it is added again.
    removed_at timestamptz,
    removed_by text,
    check ((removed_at is null) = (removed_by is null))
);

create table image_signatures (
    image     text not null references images,
    key_id    text not null references signing_keys,
    -- The whole .minisig, as it was found good.
    signature text not null,
    comment   text not null,
    added_at  timestamptz not null,
    added_by  text not null,
    primary key (image, key_id)
);

-- Who vouches for a version now, and whether somebody must: read with every version, so that no way to one passes by it.
create function trust_of(version text) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'demanded',
        coalesce((select (value ->> 'signed')::boolean from settings where name = 'catalog'), false),
        'signatures',
        coalesce((
            select jsonb_agg(jsonb_build_object('key', k.key_id, 'name', k.name, 'comment', s.comment,
                                                'at', s.added_at, 'by', s.added_by) order by s.added_at, k.key_id)
            from image_signatures s join signing_keys k using (key_id)
            where s.image = version and k.removed_at is null
        ), '[]'::jsonb))
$$;

-- May machines get it? Asked once more in the statement that makes a job.
create function may_be_served(version text) returns boolean language sql stable as $$
    select not (t ->> 'demanded')::boolean or jsonb_array_length(t -> 'signatures') > 0 from trust_of(version) t
$$;
