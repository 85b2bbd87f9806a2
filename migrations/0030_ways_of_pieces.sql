-- How a piece was kept, beside its whole description, which is large: lists and pages say it of each piece.
alter table capture_pieces add column way text generated always as (kept ->> 'way') stored;
