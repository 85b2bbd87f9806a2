//! Health that acts, on a real machine: it is made slow, falls below what is usual for it, is sent to the speed test once, is
//! made well there, comes back, is measured again and confirmed better. Needs root and the packages of the lab; `cargo xtask
//! test --all` brings it all. It takes some ten minutes, since after its return the machine is left alone for three.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

#[path = "support/lab.rs"]
mod lab;
mod support;

use support::{database, process};

use lab::{LIMIT, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pitstop_domain::health::rule::{Acts, Against, Term};
use pitstop_domain::health::sample::median;
use pitstop_domain::health::{AlertState, Baseline, Metric, Rule};
use pitstop_domain::id::{MachineId, RuleId};
use pitstop_rig::lab::{Firmware, MachineSpec};
use pitstop_store::Store;
use pitstop_store::health::alerts::{AlertFilter, AlertRow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The machine runs for so long, and then stands still for so long, again and again: a quota of a quarter.
const RUNS: Duration = Duration::from_millis(5);
const STANDS: Duration = Duration::from_millis(15);

/// Three minutes after its return, then three figures, then the rule's next look; a busy machine takes several times that.
const LONG: Duration = Duration::from_secs(1200);

/// Makes a process slow until it is dropped.
struct Throttle(Arc<AtomicBool>);

impl Throttle {
    fn start(process: u32) -> Self {
        let on = Arc::new(AtomicBool::new(true));
        let (still, process) = (on.clone(), Pid::from_raw(process.cast_signed()));
        std::thread::spawn(move || {
            while still.load(Ordering::Relaxed) {
                // It may have gone: then there is nobody to slow down.
                let _ = kill(process, Signal::SIGSTOP);
                std::thread::sleep(STANDS);
                let _ = kill(process, Signal::SIGCONT);
                std::thread::sleep(RUNS);
            }
        });
        Self(on)
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

async fn speeds(store: &Store, machine: MachineId) -> Vec<f64> {
    let now = store.now();
    let minutes = store.minutes_of(&[machine], now - chrono::TimeDelta::hours(1), now).await.unwrap();
    let points = minutes.get(&machine).and_then(|of| of.get(&Metric::CpuSpeed)).cloned().unwrap_or_default();
    points.into_iter().map(|(_, value)| value).collect()
}

async fn alert(store: &Store) -> Option<AlertRow> {
    let all = AlertFilter { resolved: true, limit: 10, ..AlertFilter::default() };
    let mut alerts = store.health_alerts(&all).await.unwrap();
    assert!(alerts.len() <= 1, "it fires once: {alerts:#?}");
    alerts.pop()
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("not within {LONG:?}: {what}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_became_slow_is_sent_to_maintenance_once_and_confirmed_better() {
    let mut world = World::new(vec![]).await;
    let spec = MachineSpec { memory_mib: 768, ..MachineSpec::new("oak", Firmware::Bios) };
    let oak = world.with_agent(spec).await;
    let server = world.serve();
    let store = Store::open(&world.setup.database).await.unwrap();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    let machine = store.machines().await.unwrap().into_iter().find(|one| one.name == "oak").unwrap().id;

    // How it usually is: what it reaches now, as if it had for two days.
    let usual = until("it is measured", async || {
        let speeds = speeds(&store, machine).await;
        (speeds.len() >= 4).then(|| median(&speeds).unwrap())
    })
    .await;
    let baseline = Baseline { median: usual, mad: usual * 0.02, samples: 48 };
    let stored = serde_json::json!({ Metric::CpuSpeed.number().to_string(): baseline });
    let sql = "update machine_health set usual = $1, learned_at = now() where machine_id = $2";
    sqlx::query(sql).bind(stored).bind(machine.0).execute(store.pool()).await.unwrap();
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(40.0) };
    let mut rule =
        Rule { acts: Acts::ByItself, ..Rule::new(RuleId(Uuid::now_v7()), "slow", vec![term], "speed") };
    rule.condition.for_s = 60;
    store.keep_health_rule(&rule, None, "the test", store.now()).await.unwrap();
    assert!(alert(&store).await.is_none(), "as usual, nothing holds");

    let throttle = Throttle::start(oak.process().unwrap());
    let job = until("the rule sends it to maintenance", async || alert(&store).await?.alert.job).await;
    let job = job.to_string();
    let page = server.text(&format!("/jobs/{job}"));
    assert!(
        page.contains("health rule") && page.contains("worse than its usual"),
        "the page says who, and why"
    );
    server.until_phase(&job, "running", LONG).await;
    // It is repaired.
    drop(throttle);
    let closed = server.until_phase(&job, "closed", LONG).await;
    assert_eq!(closed["proof"], "agent", "{closed:#}");

    let over = until("it is measured again", async || {
        let row = alert(&store).await?;
        (row.alert.state != AlertState::Acting).then_some(row.alert)
    })
    .await;
    assert_eq!(over.state, AlertState::Resolved, "{over:#?}");
    assert!(over.verdict.is_some_and(|verdict| verdict.is_better()));
    let jobs: i64 = sqlx::query_scalar("select count(*) from jobs").fetch_one(store.pool()).await.unwrap();
    assert_eq!(jobs, 1, "one firing, one job");
    let page = server.text(&format!("/machines/{machine}/health"));
    assert!(page.contains("Confirmed better"), "{page}");
}
