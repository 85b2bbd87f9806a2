-- People whom an identity provider vouches for (OpenID Connect).

-- The provider's own words for who somebody is. Names can be chosen and changed; these two cannot.
alter table people
    add column issuer  text check (issuer <> ''),
    add column subject text check (subject <> ''),
    add constraint a_subject_is_some_issuers check ((issuer is null) = (subject is null)),
    -- A password would stay when the provider no longer knows them.
    add constraint one_way_in check (issuer is null or password is null),
    add constraint known_once unique (issuer, subject);

-- Sign-ins that were started and are not back. Nonce and verifier open nothing without the cookie of the browser that
-- started it, of which only the SHA-256 is here.
create table started_sign_ins (
    state      bytea primary key check (length(state) = 32),
    browser    bytea not null check (length(browser) = 32),
    nonce      text not null,
    verifier   text not null,
    next       text not null,
    expires_at timestamptz not null
);
create index started_sign_ins_over on started_sign_ins (expires_at);
