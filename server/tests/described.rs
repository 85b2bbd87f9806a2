//! The interface for programs answers as it describes itself: schemathesis asks it what the description allows, and much
//! that it does not. The real server in this process, with simulated machines.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/shape.rs"]
mod shape;

use database::BEARER;
use fleet::World;
use pitstop_rig::fleet::{Mix, Profile};
use std::path::Path;
use std::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_a_failure_of_the_server_or_one_that_is_not_described() {
    let world = World::new(Profile::fleet(3, 1, 40.0, &Mix::default())).await;
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/python/bin/schemathesis");
    assert!(program.is_file(), "{} is not there: run `cargo xtask setup`", program.display());
    let document = format!("{}/api/v1/openapi.json", world.address());
    let notes = tempfile::tempdir().unwrap();
    let folder = notes.path().to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        Command::new(program)
            .current_dir(folder)
            .args(["run", &document, "--header", &format!("Authorization: {BEARER}")])
            .args(["--phases", "examples,coverage", "--seed", "1", "--no-color"])
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
            .output()
            .unwrap()
    });
    let asked = asked.await.unwrap();
    let told = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{told}{}", String::from_utf8_lossy(&asked.stderr));
}
