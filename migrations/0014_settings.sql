-- What holds for the whole installation and is kept by administrators, each by its name.
create table settings (
    name       text primary key check (name <> ''),
    value      jsonb not null,
    changed_at timestamptz not null
);

-- What somebody on the phone may say, and which functions help; in their order on the screen.
insert into settings (name, changed_at, value) values ('symptoms', now(), '[
  {"name": "crashes", "words": "It crashes", "also": "blue screen, freezes, restarts by itself", "sign": "warning",
   "functions": ["memory-test"], "looks": "Its memory is tested: modules that forget are the most frequent reason."},
  {"name": "slow", "words": "It is slow", "also": "takes minutes to start, programs hang", "sign": "clock",
   "functions": ["disk-health", "inventory"],
   "looks": "It is looked at from outside its own system: what is in it, and whether it is all there."},
  {"name": "virus", "words": "It may have a virus", "also": "a warning, strange windows, files with new names", "sign": "eye",
   "functions": ["virus-scan"],
   "looks": "Its disks are scanned while its own system does not run, so nothing can hide."},
  {"name": "files", "words": "Files are damaged", "also": "cannot be opened, disk errors, read only", "sign": "disc",
   "functions": ["repair-file-systems", "check-file-systems"], "looks": "Its file systems are checked and repaired."},
  {"name": "hardware", "words": "A part is missing", "also": "too little memory, a disk or card is gone", "sign": "machine",
   "functions": ["inventory"], "looks": "What is really in it is listed, from outside its own system."},
  {"name": "other", "words": "Something else", "also": "none of these, or nobody knows", "sign": "question",
   "functions": ["inventory", "memory-test"],
   "looks": "It is looked at from outside its own system: a start, whatever it is."}
]');
