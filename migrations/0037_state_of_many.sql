-- Machines that were shut down are few, and those that were sent home are asked for where there is no agent. A fact's kind
-- never changes: renewing one touches neither index.
create index facts_of_shut_down on facts (machine_id) where kind = 'shut_down';
create index facts_of_sent_home on facts (machine_id) where kind = 'sent_home';
