//! How long the server takes for each page, and what goes over the wire, by the size of the fleet. Run by `cargo xtask bench
//! pages`; needs `DATABASE_URL`.
//!
//! The real router over a real PostgreSQL with seeded machines, asked as a browser asks (brotli), without a socket between.
//! *cold* is the answer to who comes first after a pause, when what looks at every machine has to be counted anew; the
//! others are asked one after the other.
//!
//! `--serve ADDRESS` serves ten thousand machines to a browser instead, until standard input ends: `cargo xtask bench
//! first-page` measures there.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../../crates/store/tests/store/database.rs"]
mod database;
#[path = "../tests/support/database.rs"]
mod door;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use clap::Parser;
use http_body_util::BodyExt;
use pitstop_server::backend::Shared;
use pitstop_server::config::Config;
use pitstop_server::console::Consoles;
use pitstop_server::hub::Hub;
use pitstop_server::uploads::Uploads;
use pitstop_server::web;
use pitstop_store::Keys;
use sqlx::Executor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use world::World;

const FLEETS: [u32; 3] = [100, 10_000, 100_000];
/// The fleet that a browser looks at.
const BROWSED: u32 = 10_000;
/// Requests that are measured of each page, after those that warm it up.
const ASKED: usize = 60;
const WARM: usize = 3;
/// Times that a page is asked for after a pause.
const COLD: usize = 5;
/// Longer than what was counted is kept.
const PAUSE: Duration = Duration::from_millis(1600);
/// Rendering without optimisation takes room; the server's has as much.
const STACK: usize = 16 << 20;

/// What somebody shows who sees one site.
const LIMITED: &str = "Bearer pitstop_of_a_site";

const MACHINE: &str = "00000000-0000-4000-8000-000000000007";

const PAGES: [(&str, &str); 19] = [
    ("fleet", "/"),
    ("fleet, grid", "/?view=grid"),
    ("fleet, list", "/?view=table"),
    ("fleet, by label", "/?group=label"),
    ("fleet, by room", "/?group=room"),
    ("fleet, a site", "/?q=site:berlin"),
    ("fleet, silent", "/?q=state:silent&sort=-seen"),
    ("fleet, one found", "/?q=pc-000042"),
    ("fleet, last page", "/?view=table&page=LAST"),
    ("fleet, by state", "/?view=table&sort=state"),
    ("change machines", "/act?q=site:berlin"),
    ("machine", "/machines/MACHINE"),
    ("routes", "/machines/MACHINE/routes"),
    ("jobs", "/jobs"),
    ("runs", "/runs"),
    ("new run, a label", "/runs/new?q=label:kiosk+site:berlin&function=inventory"),
    ("discovery", "/discovery"),
    ("alarms", "/alarms"),
    ("health", "/health"),
];

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build().unwrap();
    let serve = std::env::args().skip_while(|arg| arg != "--serve").nth(1);
    runtime.block_on(async {
        if let Some(address) = serve {
            return tokio::spawn(served(address)).await.unwrap();
        }
        for fleet in FLEETS {
            // Rendered on a thread of the runtime, as requests are.
            tokio::spawn(measure(fleet)).await.unwrap();
        }
    });
}

async fn seeded(machines: u32) -> World {
    let world = World::new().await;
    let began = Instant::now();
    seed(&world, machines).await;
    println!("\n{machines} machines (seeded in {:.1} s)\n", began.elapsed().as_secs_f64());
    door::let_tests_in(&world.store).await;
    world
}

/// Says `serving` once a browser can come.
async fn served(address: String) {
    let world = seeded(BROWSED).await;
    let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
    println!("serving {address}");
    let service = router(&world).into_make_service_with_connect_info::<SocketAddr>();
    let over = async { drop(tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await) };
    axum::serve(listener, service).with_graceful_shutdown(over).await.unwrap();
}

async fn measure(machines: u32) {
    let world = seeded(machines).await;
    println!(
        "{:<20} {:>8} {:>8} {:>8} {:>10} {:>10}",
        "page", "p50 ms", "p95 ms", "cold ms", "wire B", "plain B"
    );
    let router = router(&world);
    let whole = PAGES.map(|(name, path)| (name, path, door::BEARER));
    for (name, path, bearer) in whole.into_iter().chain([("health, of a site", "/health", LIMITED)]) {
        // As the worker does every minute.
        world.store.count_health(world.store.now()).await.unwrap();
        let path = path.replace("MACHINE", MACHINE).replace("LAST", &machines.div_ceil(100).to_string());
        row(&router, name, &path, bearer).await;
    }
}

async fn row(router: &Router, name: &str, path: &str, bearer: &str) {
    for _ in 0..WARM {
        ask(router, path, "br", bearer).await;
    }
    let mut cold = Vec::new();
    for _ in 0..COLD {
        tokio::time::sleep(PAUSE).await;
        cold.push(ask(router, path, "br", bearer).await.0);
    }
    let mut times = Vec::new();
    for _ in 0..ASKED {
        times.push(ask(router, path, "br", bearer).await.0);
    }
    let wire = ask(router, path, "br", bearer).await.1;
    let plain = ask(router, path, "identity", bearer).await.1;
    let (p50, p95) = (percentile(&mut times, 50), percentile(&mut times, 95));
    println!("{name:<20} {p50:>8.1} {p95:>8.1} {:>8.1} {wire:>10} {plain:>10}", percentile(&mut cold, 50));
}

fn router(world: &World) -> Router {
    let config = Config::parse_from([
        "pitstop-server",
        "--site-root",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/site"),
    ]);
    let keys = Keys::new([7; 32]);
    let uploads = Uploads::beside(&std::env::temp_dir().join("images"));
    let shared = Arc::new(Shared::new(keys.clone(), 100, None, uploads));
    let (hub, tasks, stop) = (Hub::default(), TaskTracker::new(), CancellationToken::new());
    let consoles = Consoles::new(world.store.clone(), std::env::temp_dir());
    let within = web::Within { store: world.store.clone(), keys, hub, consoles };
    web::router(&config, &within, shared, &tasks, &stop).expect("no provider is set")
}

/// Milliseconds until the last byte, and bytes.
async fn ask(router: &Router, path: &str, encoding: &str, bearer: &str) -> (f64, usize) {
    let request = Request::get(path)
        .header(header::ACCEPT_ENCODING, encoding)
        .header(header::AUTHORIZATION, bearer)
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
        .body(Body::empty())
        .unwrap();
    let began = Instant::now();
    let answer = router.clone().oneshot(request).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    let bytes = answer.into_body().collect().await.unwrap().to_bytes().len();
    (began.elapsed().as_secs_f64() * 1000.0, bytes)
}

fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Machines with inventories, what was seen of each, a closed job each, and some that are under way, held or silent.
async fn seed(world: &World, machines: u32) {
    let now = world.store.now();
    let pool = world.store.pool();
    let statements = [
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
         select gen_random_uuid(), m.id, 'inventory', (select digest from images limit 1), '{\"kind\":\"program\",\"name\":\"bench\"}', PLAN, \
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
        "vacuum analyze",
    ];
    let at = format!("'{}'::timestamptz", now.to_rfc3339());
    let plan = serde_json::to_string(&world::plan(vec![pitstop_domain::route::Route::Agent])).unwrap();
    for statement in statements {
        let sql = statement
            .replace("MOMENT", &at)
            .replace("PLAN", &format!("'{plan}'"))
            .replace("MACHINES", &machines.to_string());
        pool.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
}
