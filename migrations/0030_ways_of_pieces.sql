-- How a piece was kept, beside its whole description, which is large: lists and pages say it of each piece.
alter table capture_pieces add column way text generated always as (kept ->> 'way') stored;

-- An earlier version gave up captures whose bytes it did not find: they may only have been away, and are looked for before
-- anything is restored.
update captures set state = 'whole', why = null where state = 'broken' and why like '%is lost on the server%';
