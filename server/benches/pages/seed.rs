//! A fleet with a past: machines with inventories, what was seen of each, jobs, a run of all of them, schedules, and what
//! people did.

use crate::world::{self, World};
use chrono::TimeDelta;
use pitstop_calendar::{Chosen, OnMiss, Schedule, Series, Timing};
use pitstop_domain::Time;
use pitstop_domain::id::ScheduleId;
use pitstop_domain::route::Route;
use pitstop_domain::run::RunPlan;
use sqlx::Executor;
use uuid::Uuid;

/// A machine of the fleet, the job that is over, and the run of all machines.
pub const MACHINE: &str = "00000000-0000-4000-8000-000000000007";
pub const JOB: &str = "00000000-0000-4000-9000-000000000007";
pub const RUN: &str = "00000000-0000-4000-a000-000000000001";

/// As many as the issue of the timetable asks for.
const SCHEDULES: usize = 500;

pub async fn fleet(world: &World, machines: u32) {
    let now = world.store.now();
    for statement in statements(machines, now) {
        world.store.pool().execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    for n in 0..SCHEDULES {
        world.store.keep_schedule(&schedule(n, now), None, "bench", now).await.unwrap();
    }
    world.store.pool().execute("vacuum analyze").await.unwrap();
}

/// Of a site, a label or a room; daily, weekly or monthly.
fn schedule(n: usize, now: Time) -> Schedule {
    let words = match n % 3 {
        0 => format!("site:{}", ["berlin", "hamburg", "leipzig", "munich", "rostock"][n % 5]),
        1 => format!("label:{}", ["lab", "office", "kiosk", "build"][n % 4]),
        _ => format!("room:{}.{}", 1 + n % 4, 1 + n % 23),
    };
    let rule =
        ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU,TH", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYDAY=2SA"][n % 4];
    // In some days, so that nothing is due meanwhile: nobody settles it here.
    let start = now.naive_utc().date().and_hms_opt(u32::try_from(n % 24).unwrap(), 0, 0).unwrap()
        + TimeDelta::days(2);
    let series =
        Series { rule: Some(rule.parse().unwrap()), ..Series::once("Europe/Berlin".parse().unwrap(), start) };
    Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: format!("schedule {n:03}"),
        chosen: Chosen::Search(words),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        since: now,
        settled_through: None,
        paused_at: None,
    }
}

fn statements(machines: u32, now: Time) -> Vec<String> {
    let at = format!("'{}'::timestamptz", now.to_rfc3339());
    let plan = serde_json::to_string(&world::plan(vec![Route::Agent])).unwrap();
    let arranged = serde_json::to_string(&RunPlan::plain("inventory")).unwrap();
    let filled = |statement: &str| {
        statement
            .replace("MOMENT", &at)
            .replace("PLAN", &format!("'{plan}'"))
            .replace("ARRANGED", &arranged)
            .replace("RUN", RUN)
            .replace("MACHINES", &machines.to_string())
    };
    STATEMENTS.iter().map(|statement| filled(statement)).collect()
}

const STATEMENTS: &[&str] = &[
    "insert into machines (id, name, site, room, labels, arch, firmware, has_agent, routes, inventory, asset_tag, used_by) \
     select ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'pc-' || lpad(i::text, 6, '0'), \
     (array['berlin', 'hamburg', 'leipzig', 'munich', 'rostock'])[1 + i % 5], (1 + i % 4) || '.' || (1 + i % 23), \
     array[(array['lab', 'office', 'kiosk', 'build'])[1 + i % 4], 'floor-' || i % 3], 'x86_64', \
     case when i % 3 = 0 then 'bios' else 'uefi' end, i % 10 <> 9, '[{\"kind\":\"agent\"},{\"kind\":\"person\"}]', \
     jsonb_build_object('vendor', 'Dell Inc.', 'model', (array['OptiPlex 7090', 'ThinkCentre M70q Gen 3', \
     'SYS-1029P-WTR', 'EliteDesk 800 G6'])[1 + (i / 3) % 4], 'serial', '7X' || i, 'cpu', 'Intel Core i5-10500T', 'cores', 6, \
     'memory_bytes', 17179869184, 'nics', jsonb_build_array(jsonb_build_object('name', 'enp1s0', 'mac', '52:54:00:00:00:01', \
     'link', true, 'addresses', jsonb_build_array('10.' || i / 65536 || '.' || (i / 256) % 256 || '.' || i % 256 || '/24'))), \
     'disks', jsonb_build_array(jsonb_build_object('name', 'nvme0n1', 'model', 'SAMSUNG', 'serial', 'S64' || i, \
     'bytes', 512110190592, 'rotational', false)), 'system', 'Debian GNU/Linux 12 (bookworm)', 'kernel', '6.1.0-28-amd64', \
     'uefi', i % 3 <> 0), 'A-' || i, (array['Ann Smith', 'Bo Berg', 'Carla Diaz'])[1 + i % 3] \
     from generate_series(1, MACHINES) as i",
    "insert into nics (mac, machine_id) \
     select '52:54:' || substr(h, 1, 2) || ':' || substr(h, 3, 2) || ':' || substr(h, 5, 2) || ':' || substr(h, 7, 2), id \
     from (select id, lpad(to_hex(row_number() over ()), 8, '0') as h from machines) as m",
    "insert into facts (machine_id, kind, at, sighting) \
     select id, kind, MOMENT - make_interval(secs => case when kind = 'own_agent' and abs(hashtext(name)) % 60 > 0 then random() * 20 \
     else 3600 + random() * 100000 end), case kind when 'sent_home' \
     then '{\"kind\":\"asked_to_boot\",\"by\":\"UEFI\",\"told\":\"own_system\"}'::jsonb else jsonb_build_object('kind', 'own_agent', 'boot_id', id) end \
     from machines, unnest(array['own_agent', 'sent_home', 'fetched_loader', 'fetched_script', 'maintenance_agent', 'reported']) as kind \
     where kind in ('own_agent', 'sent_home') or abs(hashtext(name || kind)) % 3 = 0",
    "insert into sightings (machine_id, at, sighting) \
     select id, MOMENT - make_interval(hours => n * 7), jsonb_build_object('kind', 'own_agent', 'boot_id', id || '-' || n) \
     from machines, generate_series(1, 4) as n",
    "insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, attempt_since, switching_since, \
     outcome, proof, created_at, closed_at) \
     select ('00000000-0000-4000-9000-' || right(m.id::text, 12))::uuid, m.id, 'inventory', (select digest from images limit 1), '{\"kind\":\"program\",\"name\":\"bench\"}', PLAN, \
     'closed', 0, MOMENT - interval '1 day', MOMENT - interval '1 day', MOMENT - interval '1 day', 'succeeded', 'agent', \
     MOMENT - interval '1 day' - make_interval(secs => random() * 1000000), MOMENT - interval '1 day' from machines m",
    "insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, attempt_since, switching_since, \
     outcome, created_at, wake_at) \
     select gen_random_uuid(), m.id, 'inventory', (select digest from images limit 1), '{\"kind\":\"program\",\"name\":\"bench\"}', PLAN, \
     case when m.n % 10 = 0 then 'held' else 'running' end, 0, MOMENT, MOMENT, MOMENT, case when m.n % 10 = 0 then 'failed' end, MOMENT, null \
     from (select id, row_number() over (order by id) as n from machines) as m where m.n % 97 = 0 and m.n / 97 <= 200",
    "insert into alarms (kind, job_id, machine_id, reason, raised_at) \
     select 'held', id, machine_id, 'every route was tried', MOMENT from jobs where phase = 'held'",
    "insert into strangers (mac, asked, at, first_at) select '3c:00:00:00:' || substr(lpad(to_hex(i), 4, '0'), 1, 2) || ':' || \
     substr(lpad(to_hex(i), 4, '0'), 3, 2), 'UEFI PXE', MOMENT, MOMENT from generate_series(1, least(MACHINES / 20 + 1, 1000)) as i",
    // Most are well; some of each site and model are not, and a tenth is not judged.
    "insert into machine_health (machine_id, stream, through, seen_at, judged_at, score, reasons) \
     select id, 1, 1, MOMENT, MOMENT, case when n % 10 > 0 then greatest(0, 100 - (case when n % 13 = 0 then n % 97 else n % 23 end)) end, \
     '[{\"metric\":\"cpu.speed\",\"points\":30,\"words\":\"Processor speed is 200 MB/s; usual here is 420 MB/s\"}]' \
     from (select id, row_number() over (order by id) as n from machines) as m",
    "insert into health_days (day, at, labels) select (MOMENT - make_interval(days => n))::date, MOMENT, '{}' from generate_series(1, 29) as n",
    "insert into health_day_counts (day, site, labels, well, fair, poor, unknown) select day, site, '{}', 80 + n % 7, 10, 3, 7 \
     from health_days, (select site, row_number() over () as n from (select distinct site from machines) as s) as sites",
    "with person as (insert into people (id, name, title, grants, created_at) values (gen_random_uuid(), 'site', 'Site', \
     '[{\"role\": \"administrator\", \"scope\": {\"sites\": [\"berlin\"]}}]', now()) returning id) \
     insert into tokens (id, person_id, name, prefix, token, role, created_at, expires_at) \
     select gen_random_uuid(), id, 'site', 'pitstop_', sha256('pitstop_of_a_site'), 'administrator', now(), \
     now() + interval '1 day' from person",
    "insert into runs (id, function, initiator, plan, state, since, because, created_at, over_at) values ('RUN', 'inventory', \
     '{\"kind\":\"program\",\"name\":\"bench\"}', 'ARRANGED', 'closed', MOMENT, 'all machines are done', \
     MOMENT - interval '1 day', MOMENT)",
    "insert into run_members (run_id, machine_id, position, wave, state, job_id) \
     select 'RUN', machine_id, row_number() over (order by machine_id), 0, 'job', id from jobs where phase = 'closed'",
    "update jobs set run_id = 'RUN' where phase = 'closed'",
    "insert into audit (at, who, came_from, act, what, machine_id, machine_name) \
     select MOMENT - make_interval(secs => i * 30), (array['Ann Smith', 'Bo Berg', 'Carla Diaz'])[1 + i % 3], '192.0.2.7', \
     'job.start', 'Inventory', ('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'pc-' || lpad(i::text, 6, '0') \
     from generate_series(1, MACHINES) as i",
];
