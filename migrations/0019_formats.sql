-- Images come in more formats: a script of iPXE, and Windows images with wimboot.

alter table images drop constraint images_format_check;
alter table images add constraint images_format_check check (format in ('linux', 'program', 'script', 'wim'));

-- Functions that people wrote: the server leaves them as they are when it starts.
alter table functions add column own boolean not null default false;
