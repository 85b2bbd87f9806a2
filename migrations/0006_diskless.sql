-- Diskless machines: the operational image that is a machine's own system, by name. None: what is on the machine.
alter table machines add column own_image text check (own_image <> '');
