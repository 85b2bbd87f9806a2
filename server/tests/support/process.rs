//! The real server as a process, so that it can be killed.

use super::database::BEARER;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How to start the server.
pub struct Setup {
    pub database: String,
    pub data: PathBuf,
    pub boot_netns: PathBuf,
    /// More arguments, like `--dhcp-port 0`.
    pub more: Vec<&'static str>,
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it and waits for its ready line.
    pub fn start(setup: &Setup) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let images = root.join("target/images");
        assert!(images.join("pitstop-maintenance/image.json").exists(), "run `cargo xtask image` first");
        let mut child = Command::new(env!("CARGO_BIN_EXE_pitstop-server"))
            .args(["--listen", "127.0.0.1:0", "--boot-listen", "10.77.0.2:8080"])
            .args(["--boot-url", "http://10.77.0.2:8080", "--boot-netns"])
            .arg(&setup.boot_netns)
            .arg("--data")
            .arg(&setup.data)
            .arg("--image-drop")
            .arg(images)
            .args(&setup.more)
            .env("DATABASE_URL", &setup.database)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stdout = child.stdout.take().expect("it was piped");
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines
            .find_map(|line| line.ok()?.strip_prefix("pitstop-server ready: ").map(str::to_owned))
            .expect("the server says that it is ready");
        // Read on, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: ready }
    }

    /// SIGKILL: no last words.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    pub fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.address))
            .header("authorization", BEARER)
            .call()
            .expect("the server answers");
        answer.body_mut().read_json().expect("the answer is JSON")
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// A page, or a file.
    pub fn text(&self, path: &str) -> String {
        let answer = ureq::get(format!("{}{path}", self.address)).header("authorization", BEARER).call();
        answer.expect("the server answers").body_mut().read_to_string().expect("the answer is text")
    }

    pub fn cancel(&self, job: &str) {
        ureq::post(format!("{}/api/v1/jobs/{job}/cancel", self.address))
            .header("authorization", BEARER)
            .send_empty()
            .expect("the job is taken back");
    }

    /// Asks for a job; gives its id.
    pub fn start_job(&self, machine: &str, function: &str, task: &Value) -> String {
        let machines = self.get("/api/v1/machines");
        let found = machines
            .as_array()
            .expect("the answer has what it says")
            .iter()
            .find(|m| m["name"] == machine)
            .expect("the machine is known");
        let body = json!({ "machine": found["id"], "function": function, "task": task });
        let mut answer = ureq::post(format!("{}/api/v1/jobs", self.address))
            .header("authorization", BEARER)
            .send_json(&body)
            .expect("the job is taken");
        let job: Value = answer.body_mut().read_json().expect("the answer has what it says");
        job["id"].as_str().expect("the answer has what it says").to_owned()
    }

    pub fn job(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/jobs/{id}"))
    }

    /// Waits until the job is in this phase, or beyond what the test can wait for.
    pub async fn until_phase(&self, id: &str, phase: &str, limit: Duration) -> Value {
        self.until(limit, &format!("the job is {phase}"), || {
            let job = self.job(id);
            (job["phase"] == phase).then_some(job)
        })
        .await
    }

    /// Waits until the own system's agent of the machine is known.
    pub async fn until_enrolled(&self, machine: &str, limit: Duration) {
        self.until(limit, &format!("{machine} enrolled"), || {
            let machines = self.get("/api/v1/machines");
            let found = machines.as_array()?.iter().find(|m| m["name"] == machine)?.clone();
            (found["has_agent"] == true).then_some(())
        })
        .await;
    }

    pub async fn until<T>(&self, limit: Duration, what: &str, look: impl Fn() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(
                started.elapsed() < limit,
                "not within {limit:?}: {what}\n{:#}",
                self.get("/api/v1/jobs")
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
