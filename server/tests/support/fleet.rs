//! A server in this process, a database of its own, and a simulated fleet that it knows.
#![allow(dead_code, reason = "each test is a crate of its own and uses a part")]

use super::database::own_database;
use super::shape::{ENROL, furnish};
use clap::Parser;
use pitstop_domain::function::Limits;
use pitstop_domain::id::JobId;
use pitstop_domain::job::{Initiator, Phase};
use pitstop_rig::fleet::{Fleet, FleetConfig, Handle, Profile};
use pitstop_server::config::Config;
use pitstop_server::start::{Asked, start};
use pitstop_server::{Running, builtin, lab};
use pitstop_store::Store;
use pitstop_store::jobs::JobRow;
use pitstop_store::orders::CallRow;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// A trip takes some seconds; on a loaded machine, many tests at once, several times that.
const LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at the database.
const LOOK: Duration = Duration::from_millis(50);

/// All that a test needs.
pub struct World {
    fleet: Fleet,
    server: Option<Running>,
    config: Config,
    database: String,
    pub store: Store,
    _folder: TempDir,
}

impl World {
    /// Starts it all; returns when the server has seen the own system of every machine that has an agent, and the
    /// others run theirs.
    pub async fn new(machines: Vec<Profile>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = own_database().await;
        let config = config(folder.path());
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (server_url, dhcp, tftp) = (config.boot_url(), local(config.dhcp_port), local(config.tftp_port));
        let server = Running::start(config.clone(), &database).await.unwrap();
        for service in ["proxyDHCP on", "TFTP on"] {
            assert!(server.notes.iter().any(|note| note.starts_with(service)), "{:?}", server.notes);
        }
        let store = Store::open(&database).await.unwrap();
        let (manage, enrol, spread) = (local(0), ENROL.to_owned(), Duration::from_millis(500));
        let fleet =
            FleetConfig { server: server_url, dhcp, tftp, enrol, manage, light: false, spread, machines };
        let fleet = Fleet::start(fleet).await.unwrap();
        let world = Self { fleet, server: Some(server), config, database, store, _folder: folder };
        world.introduce().await;
        world.all_up().await;
        world
    }

    async fn introduce(&self) {
        let lines: Vec<_> = self.names().iter().map(|name| self.fleet.describe(name).to_string()).collect();
        let file = self._folder.path().join("machines");
        fs::write(&file, lines.join("\n")).unwrap();
        assert_eq!(lab::import(&self.store, &file).await.unwrap(), lines.len());
    }

    async fn all_up(&self) {
        for (name, machine) in self.fleet.machines() {
            let up = tokio::time::timeout(LIMIT, machine.until(|status| status.state == "own-system"));
            assert!(up.await.is_ok_and(|up| up.is_some()), "{name}: {:?}", machine.status());
        }
        let agents = self.fleet.profiles().iter().filter(|profile| profile.agent).count() as i64;
        eventually("all own systems are seen", async || {
            let sql = "select count(*) from facts where kind = 'own_agent'";
            let seen: i64 = sqlx::query_scalar(sql).fetch_one(self.store.pool()).await.unwrap();
            if seen == agents { Ok(()) } else { Err(format!("{seen} of {agents}")) }
        })
        .await;
    }

    pub fn names(&self) -> Vec<String> {
        self.fleet.profiles().iter().map(|profile| profile.name.clone()).collect()
    }

    pub async fn known_machines(&self) -> usize {
        self.store.machines().await.unwrap().len()
    }

    pub fn machine(&self, name: &str) -> &Handle {
        self.fleet.machine(name).unwrap()
    }

    /// The inventory under another name, with its own limits.
    pub async fn function(&self, name: &str, limits: Limits) {
        let mut function = builtin::functions().into_iter().find(|known| known.name == "inventory").unwrap();
        (function.name, function.limits) = (name.to_owned(), limits);
        self.store.put_function(&function, 99).await.unwrap();
    }

    pub async fn start(&self, name: &str, function: &str) -> JobId {
        self.start_as(name, function, false).await
    }

    /// If it was off, it is shut down again when it is back.
    pub async fn start_as(&self, name: &str, function: &str, off_again: bool) -> JobId {
        let machines = self.store.machines().await.unwrap();
        let machine = machines.iter().find(|machine| machine.name == name).unwrap();
        let initiator = Initiator::Program { name: "test".to_owned() };
        let asked = Asked { task: None, limits_percent: 100, off_again };
        start(&self.store, machine.id, function, &asked, &initiator).await.unwrap()
    }

    pub async fn closed(&self, job: JobId) -> JobRow {
        self.job_is(job, "closed", |row| row.job.phase == Phase::Closed).await
    }

    pub async fn job_is(&self, job: JobId, what: &str, is_so: impl Fn(&JobRow) -> bool) -> JobRow {
        eventually(&format!("the job is {what}"), async || {
            let row = self.store.job(job).await.unwrap().unwrap();
            if is_so(&row) {
                return Ok(row);
            }
            let machine = self.fleet.machine(&row.machine_name).map(Handle::status);
            Err(format!("{:?}, {:?}, {machine:?}", row.job.phase, row.waiting))
        })
        .await
    }

    pub async fn calls(&self, job: JobId) -> Vec<CallRow> {
        self.store.calls_of(job).await.unwrap()
    }

    pub async fn stop(self) {
        self.fleet.stop().await;
        if let Some(server) = self.server {
            server.stop().await;
        }
    }

    /// The server ends and is started again, on the same ports and the same database.
    pub async fn restart(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        self.server = Some(Running::start(self.config.clone(), &self.database).await.unwrap());
    }

    /// The dashboard's address.
    pub fn address(&self) -> &str {
        &self.server.as_ref().unwrap().address
    }
}

/// Looks again and again until it is so; the text says what is the case instead.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let start = tokio::time::Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => {
                assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}; instead {instead}")
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn config(folder: &Path) -> Config {
    let data = folder.join("data");
    let (drop, loaders) = (folder.join("drop"), folder.join("loaders"));
    furnish(folder);
    // Held until all are chosen, so that they differ.
    let udp: Vec<_> = (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<_> = udp.iter().map(|socket| socket.local_addr().unwrap().port().to_string()).collect();
    let boot = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let arguments = [
        ("--listen", "127.0.0.1:0".to_owned()),
        ("--boot-listen", boot.to_string()),
        ("--boot-address", "127.0.0.1".to_owned()),
        ("--dhcp-port", ports[0].clone()),
        ("--pxe-port", ports[1].clone()),
        ("--tftp-port", ports[2].clone()),
        ("--data", text(&data)),
        ("--image-drop", text(&drop)),
        ("--loaders", text(&loaders)),
    ];
    let words = arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    Config::parse_from(std::iter::once("pitstop-server".to_owned()).chain(words))
}
