//! How long the server takes for each page, and what goes over the wire, by the size of the fleet. Run by `cargo xtask bench
//! pages`; needs `DATABASE_URL`.
//!
//! The real router over a real PostgreSQL with seeded machines, asked as a browser asks (brotli), without a socket between.
//! *cold* is the answer to who comes first after a pause, when what looks at every machine has to be counted anew; the
//! others are asked one after the other.
//!
//! `--serve ADDRESS` serves ten thousand machines to a browser instead, until standard input ends: `cargo xtask bench
//! first-page` measures there. `--fleet N` measures one size alone.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../../../crates/store/tests/store/database.rs"]
mod database;
#[path = "../../tests/support/database.rs"]
mod door;
mod seed;
#[path = "../../../crates/store/tests/store/world.rs"]
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
const ASKED: usize = 40;
const WARM: usize = 3;
/// Times that a page is asked for after a pause.
const COLD: usize = 3;
/// Longer than what was counted is kept.
const PAUSE: Duration = Duration::from_millis(1600);
/// Rendering without optimisation takes room; the server's has as much.
const STACK: usize = 16 << 20;

/// What somebody shows who sees one site.
const LIMITED: &str = "Bearer pitstop_of_a_site";

/// The pages that people open, but those of one image, capture, function or schedule, and those of a person alone: it is a
/// token that asks. MACHINE, JOB and RUN are one each; LAST is the last
/// page of the list.
const PAGES: [(&str, &str); 54] = [
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
    ("machine's images", "/machines/MACHINE/images"),
    ("machine's health", "/machines/MACHINE/health"),
    ("jobs", "/jobs"),
    ("job", "/jobs/JOB"),
    ("runs", "/runs"),
    ("run of all", "/runs/RUN"),
    ("new run, a label", "/runs/new?q=label:kiosk+site:berlin&function=inventory"),
    ("help desk", "/helpdesk"),
    ("help desk, searched", "/helpdesk?q=pc-0000"),
    ("help desk, machine", "/helpdesk/MACHINE"),
    ("discovery", "/discovery"),
    ("import", "/discovery/import"),
    ("alarms", "/alarms"),
    ("health", "/health"),
    ("alerts", "/health/alerts"),
    ("rules", "/health/rules"),
    ("new rule", "/health/rules/new"),
    ("timetable", "/schedules"),
    ("timetable, week", "/schedules?view=week"),
    ("timetable, day", "/schedules?view=day"),
    ("timetable, year", "/schedules?view=year"),
    ("timetable, agenda", "/schedules?view=agenda"),
    ("forecast", "/schedules/forecast"),
    ("new schedule", "/schedules/new"),
    ("windows", "/schedules/times"),
    ("images", "/images"),
    ("new image", "/images/new"),
    ("captures", "/captures"),
    ("functions", "/functions"),
    ("settings", "/settings"),
    ("people", "/settings/people"),
    ("tokens", "/settings/tokens"),
    ("sites", "/settings/sites"),
    ("webhooks", "/settings/webhooks"),
    ("help desk's symptoms", "/settings/help-desk"),
    ("sources", "/settings/sources"),
    ("who is told", "/settings/telling"),
    ("for programs", "/settings/programs"),
    ("signatures", "/settings/signatures"),
    ("audit", "/audit"),
    ("palette", "/palette?q=pc-0000"),
];

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build().unwrap();
    let (serve, fleet) = (argument("--serve"), argument("--fleet"));
    runtime.block_on(async {
        if let Some(address) = serve {
            return tokio::spawn(served(address)).await.unwrap();
        }
        for fleet in fleet.map_or(Vec::from(FLEETS), |fleet| vec![fleet.parse().unwrap()]) {
            // Rendered on a thread of the runtime, as requests are.
            tokio::spawn(measure(fleet)).await.unwrap();
        }
    });
}

/// What stands behind this word.
fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|arg| arg != name).nth(1)
}

async fn seeded(machines: u32) -> World {
    let world = World::new().await;
    let began = Instant::now();
    seed::fleet(&world, machines).await;
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
        let path = path
            .replace("MACHINE", seed::MACHINE)
            .replace("JOB", seed::JOB)
            .replace("RUN", seed::RUN)
            .replace("LAST", &machines.div_ceil(100).to_string());
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
    let captures =
        pitstop_server::captures::Captures::new(world.store.clone(), "/nowhere/captures".into(), 0);
    let within = web::Within { store: world.store.clone(), keys, hub, consoles, captures };
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
