-- The own system's boot when the attempt at switching began: its order is for that boot. The boot before the trip
-- stays as it was, since any later one may prove the return.
alter table jobs add column boot_attempt text;
alter table calls add constraint calls_are_made_by_acting_phases check (phase in ('switching', 'restoring'));
