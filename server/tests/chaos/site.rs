//! A site: PostgreSQL, servers, the front before them, and a fleet. What goes wrong is done here.

use super::database::let_tests_in;
use super::line::Front;
use super::node::Node;
use super::postgres::Postgres;
use super::schedule::{Blow, Schedule};
use super::shape::{ENROL, furnish};
use pitstop_domain::function::{Function, Limits, Task};
use pitstop_rig::fleet::{Fleet, FleetConfig, Profile};
use pitstop_server::builtin;
use pitstop_store::Store;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;

/// Quick, and four seconds of work with a log.
pub const LOOK: &str = "chaos-look";
pub const WORK: &str = "chaos-work";

/// As long as a machine of this fleet needs at most, several times over. A server that is away costs attempts.
const LIMITS: Limits =
    Limits { switch_s: 25, run_s: 20, restore_s: 15, pickup_s: 5, dead_man_s: 30, handoff_quiet_s: 5 };
/// What the front sees late of a server that answers no more.
const FRONT_LOOKS: Duration = Duration::from_secs(2);
/// Long enough that what a server asked of the database is under way.
const IN_THE_MIDDLE: Duration = Duration::from_millis(60);

pub struct Site {
    pub fleet: Fleet,
    pub store: Store,
    nodes: Vec<Node>,
    front: Front,
    postgres: Postgres,
    /// Where the dashboards are that run, for whoever asks for jobs.
    pub addresses: watch::Sender<Vec<String>>,
    pub blows: BTreeMap<&'static str, u32>,
    _folder: TempDir,
}

impl Site {
    pub async fn start(servers: usize, machines: Vec<Profile>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        furnish(folder.path());
        let postgres = Postgres::start(folder.path());
        let store = Store::open(&postgres.url()).await.unwrap();
        let_tests_in(&store).await;
        for function in [function(LOOK, Task::Inventory), function(WORK, work())] {
            store.put_function(&function, 90).await.unwrap();
        }
        let mut nodes = Vec::new();
        for number in 0..servers {
            nodes.push(Node::new(folder.path(), number, postgres.socket()).await);
        }
        let front = Front::new(nodes.iter().map(Node::backend).collect()).await;
        let fleet = Fleet::start(FleetConfig {
            server: format!("http://{}", front.http),
            dhcp: front.dhcp,
            tftp: nodes[0].tftp,
            enrol: ENROL.to_owned(),
            manage: ([127, 0, 0, 1], 0).into(),
            light: true,
            spread: Duration::from_secs(2),
            machines,
        })
        .await
        .unwrap();
        let lines: Vec<_> =
            fleet.profiles().iter().map(|profile| fleet.describe(&profile.name).to_string()).collect();
        std::fs::write(folder.path().join("machines"), lines.join("\n")).unwrap();
        let addresses = watch::Sender::new(vec![]);
        let mut site =
            Self { fleet, store, nodes, front, postgres, addresses, blows: BTreeMap::new(), _folder: folder };
        for number in 0..servers {
            site.start_server(number);
        }
        site
    }

    /// Deals blows, one after the other, until told that the trips are done or the time is over.
    pub async fn suffer(&mut self, schedule: &mut Schedule, longest: Duration, done: &watch::Receiver<bool>) {
        let since = Instant::now();
        while since.elapsed() < longest && !*done.borrow() {
            let (pause, server, blow) = schedule.next();
            tokio::time::sleep(pause).await;
            println!("{:6.1} s: {blow:?} at server {server}", since.elapsed().as_secs_f64());
            self.deal(server, blow).await;
        }
    }

    pub async fn deal(&mut self, server: usize, blow: Blow) {
        *self.blows.entry(name(blow)).or_default() += 1;
        match blow {
            Blow::KillServer(away) => {
                self.kill_server(server);
                tokio::time::sleep(away).await;
                self.start_server(server);
            }
            Blow::RestartPostgres(away) => {
                self.postgres.stop();
                tokio::time::sleep(away).await;
                self.postgres.start_again();
            }
            Blow::KillPostgres(away) => {
                self.postgres.kill();
                tokio::time::sleep(away).await;
                self.postgres.start_again();
            }
            Blow::KillBoth(away) => {
                self.kill_server(server);
                self.postgres.kill();
                tokio::time::sleep(away).await;
                self.postgres.start_again();
                self.start_server(server);
            }
            Blow::Cut(away) => {
                self.nodes[server].database.cut();
                tokio::time::sleep(away).await;
                self.nodes[server].database.mend();
            }
            Blow::Stall(time) => {
                self.nodes[server].database.stall();
                tokio::time::sleep(time).await;
                self.nodes[server].database.mend();
            }
            Blow::Clock(seconds) => self.nodes[server].set_clock(seconds),
            Blow::Freeze(time) => self.freeze(server, time).await,
        }
    }

    /// Its line to the database is held first, so that it is frozen in the middle of what it asks.
    async fn freeze(&mut self, server: usize, time: Duration) {
        let node = &self.nodes[server];
        node.database.stall();
        tokio::time::sleep(IN_THE_MIDDLE).await;
        node.freeze();
        node.database.mend();
        if time > FRONT_LOOKS {
            tokio::time::sleep(FRONT_LOOKS).await;
            self.front.mark(server, false);
            self.tell_addresses(Some(server));
            tokio::time::sleep(time - FRONT_LOOKS).await;
        } else {
            tokio::time::sleep(time).await;
        }
        self.nodes[server].thaw();
        self.front.mark(server, true);
        self.tell_addresses(None);
    }

    fn kill_server(&mut self, server: usize) {
        self.nodes[server].kill();
        self.tell_addresses(None);
    }

    fn start_server(&mut self, server: usize) {
        let url = format!("http://{}", self.front.http);
        self.nodes[server].start(&url);
        self.tell_addresses(None);
    }

    fn tell_addresses(&self, but: Option<usize>) {
        let up = self.nodes.iter().enumerate().filter(|(number, node)| node.is_up() && Some(*number) != but);
        self.addresses.send_replace(up.map(|(_, node)| node.address.clone()).collect());
    }

    /// The ends of the servers' logs, for whoever looks into a failure.
    pub fn keep_logs(&self, seed: u64) -> std::path::PathBuf {
        let kept = std::env::temp_dir().join(format!("pitstop-chaos-{seed}"));
        let _ = std::fs::create_dir_all(&kept);
        for node in &self.nodes {
            let _ = std::fs::copy(node.log(), kept.join(node.log().file_name().unwrap()));
        }
        kept
    }
}

fn name(blow: Blow) -> &'static str {
    match blow {
        Blow::KillServer(_) => "server killed",
        Blow::RestartPostgres(_) => "PostgreSQL restarted",
        Blow::KillPostgres(_) => "PostgreSQL killed",
        Blow::KillBoth(_) => "both killed",
        Blow::Cut(_) => "connections cut",
        Blow::Stall(_) => "connections stalled",
        Blow::Clock(_) => "clock set wrong",
        Blow::Freeze(time) if time > Duration::from_secs(30) => "frozen for longer than a lease",
        Blow::Freeze(_) => "frozen for a moment",
    }
}

fn function(name: &str, task: Task) -> Function {
    let like = if task == Task::Inventory { "inventory" } else { "memory-test" };
    let known = builtin::functions().into_iter().find(|function| function.name == like).unwrap();
    Function { name: name.to_owned(), task, limits: LIMITS, ..known }
}

/// Four seconds: 6 s a GiB on a real machine, and these are forty times as fast.
fn work() -> Task {
    Task::MemoryTest { mib: Some(27 << 10), passes: 1 }
}
