//! The server is gone, or the job is: real machines in maintenance go home by themselves. Needs root and the packages
//! of the lab; `cargo xtask test` brings it all.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

#[path = "support/lab.rs"]
mod lab;
mod support;

use support::{database, process};

use lab::{LIMIT, World, times};
use pitstop_rig::lab::{BootOrder, DirectBoot, Firmware};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use std::path::Path;
use std::time::{Duration, Instant};

/// The shortest limit that the agent takes at its word; then it says its last words for 10 s.
const DEAD_MAN_S: u64 = 30;

/// Longer than any test.
fn endless_memory_test() -> Value {
    json!({ "kind": "memory_test", "mib": 16, "passes": 1_000_000 })
}

async fn sql(world: &World, statement: &str) {
    let mut database = PgConnection::connect(&world.setup.database).await.unwrap();
    database.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
}

#[tokio::test]
async fn with_the_server_gone_for_good_a_machine_in_maintenance_goes_home_within_its_limit() {
    let mut world = World::new(vec![]).await;
    let oak = world.machine("oak", Firmware::Bios, BootOrder::NetworkFirst).await;
    let server = world.serve();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    let limit = format!(
        "update functions set definition = jsonb_set(definition, '{{limits,dead_man_s}}', '{DEAD_MAN_S}') \
         where name = 'memory-test'"
    );
    sql(&world, &limit).await;
    let trip = server.start_job("oak", "memory-test", &endless_memory_test());
    server.until_phase(&trip, "running", LIMIT).await;
    let mark = oak.mark();
    server.kill();

    let gone = Instant::now();
    oak.wait_serial_after(mark, "restarting into the own system", LIMIT).await.unwrap();
    assert!(gone.elapsed() >= Duration::from_secs(DEAD_MAN_S - 10), "not at the first missing answer");
    oak.wait_serial_after(mark, "own system is up", LIMIT).await.unwrap();
    assert_eq!(
        times(&oak, "maintenance agent is starting"),
        1,
        "nobody was there to tell it maintenance again"
    );

    // Had it been only away, it would learn what became of the machine.
    let server = world.serve();
    let job = server.until_phase(&trip, "closed", LIMIT).await;
    assert_eq!((&job["ended"]["outcome"], &job["proof"]), (&json!("failed"), &json!("agent")), "{job:#}");
    assert!(job["ended"]["because"].as_str().unwrap().contains("went back to its own system"), "{job:#}");
    world.lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_machine_that_boots_maintenance_by_an_old_script_goes_home_and_is_told_of() {
    let mut world = World::new(vec![]).await;
    let oak = world.machine("oak", Firmware::Bios, BootOrder::NetworkFirst).await;
    let server = world.serve();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    let trip = server.start_job("oak", "inventory", &Value::Null);
    let closed = server.until_phase(&trip, "closed", LIMIT).await;
    assert_eq!(closed["proof"], "agent", "{closed:#}");

    // The kernel and the command line of that trip once more, as from a cache; a machine that restarts goes off.
    oak.power_off();
    let log = oak.serial();
    let token = token_of(&log, &trip);
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/images/pitstop-maintenance");
    let machine = closed["machine"].as_str().unwrap();
    let boot = DirectBoot {
        kernel: images.join("vmlinuz"),
        initrd: images.join("initrd.img"),
        command_line: format!(
            "console=tty0 console=ttyS0,115200 panic=30 quiet pitstop.server=http://10.77.0.2:8080 \
             pitstop.job={trip} pitstop.token={token} pitstop.machine={machine}"
        ),
    };
    let mark = oak.mark();
    oak.power_on_directly(&boot).await.unwrap();
    oak.wait_serial_after(mark, "the job is over; restarting into the own system", LIMIT).await.unwrap();
    oak.wait_off(LIMIT).await.unwrap();
    let mut database = PgConnection::connect(&world.setup.database).await.unwrap();
    let told: i64 =
        sqlx::query_scalar("select count(*) from sightings where sighting ->> 'kind' = 'outside_job'")
            .fetch_one(&mut database)
            .await
            .unwrap();
    assert_eq!(told, 1, "its story tells it");

    let mark = oak.mark();
    oak.power_on().await.unwrap();
    oak.wait_serial_after(mark, "own system is up", LIMIT).await.unwrap();
    world.lab.stop().await.unwrap();
}

/// The job's token, from the addresses that iPXE shows on the serial line, which wraps them.
fn token_of(serial: &str, job: &str) -> String {
    let unwrapped: String = serial.chars().filter(|c| !c.is_control()).collect();
    let folder = format!("/boot/jobs/{job}/");
    let at = unwrapped.find(&folder).expect("iPXE shows what it fetches") + folder.len();
    unwrapped[at..].chars().take_while(char::is_ascii_hexdigit).collect()
}
