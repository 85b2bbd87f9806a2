-- What became of a run's machines, counted once when it is over: nothing of it changes any more.
alter table runs add column tally jsonb;
alter table runs add constraint only_what_is_over_is_counted_for_good check (tally is null or over_at is not null);
