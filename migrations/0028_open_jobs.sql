-- Jobs that are not closed, newest first: what every page of the fleet shows beside it. Without this, those few are looked for
-- among all jobs that there ever were.
create index jobs_open_newest on jobs (created_at desc, id desc) where phase <> 'closed';
