//! A job in maintenance, from the first call to the restart.

use super::board::{Board, Snapshot};
use super::cmdline::Parameters;
use super::dead_man::Contact;
use super::terminal::Terminal;
use crate::backoff::Backoff;
use crate::calm::Calm;
use crate::client::{CallError, Client};
use crate::console::say;
use crate::host::Host;
use crate::orders::{Handled, Orders};
use crate::tasks;
use crate::tasks::ground::Ground;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::wire::{LONGEST_WAIT_S, Report, ReportReply, TaskOrder};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Stacks of our threads: locked memory is real memory.
const STACK: usize = 512 * 1024;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// A restart is under way.
    Restarting,
    /// It should be, and could not be done: somebody else has to.
    Stuck,
}

/// How fast the agent is; tests are in a hurry.
#[derive(Clone, Debug)]
pub struct Tempo {
    /// Between reports of a busy task: four a second look live and cost nothing.
    pub reports_apart: Duration,
    /// Between long polls, should the server answer at once.
    pub polls_apart: Duration,
    pub to_server: Backoff,
    pub to_answer: Backoff,
}

impl Default for Tempo {
    fn default() -> Self {
        Self {
            reports_apart: Duration::from_millis(250),
            polls_apart: Duration::from_secs(1),
            to_server: Backoff::to_server(),
            to_answer: Backoff::new(Duration::from_secs(1), Duration::from_secs(8)),
        }
    }
}

/// What the threads share.
pub struct Session {
    host: Arc<dyn Host>,
    client: Client,
    job: JobId,
    machine: Option<MachineId>,
    contact: Arc<Contact>,
    orders: Orders,
    board: Arc<Board>,
    tempo: Tempo,
    left: Mutex<Option<Left>>,
    terminal: Arc<Terminal>,
}

/// The machine leaves; whatever a thread was doing is over.
struct Leaving;

impl Session {
    pub fn new(
        host: Arc<dyn Host>,
        parameters: Parameters,
        contact: Arc<Contact>,
        tempo: Tempo,
    ) -> Arc<Self> {
        Arc::new(Self {
            client: Client::new(&parameters.server).with_token(&parameters.token),
            job: parameters.job,
            machine: parameters.machine,
            orders: Orders::with_backoff(host.boot_id(), tempo.to_answer.clone()),
            board: Arc::new(Board::default()),
            left: Mutex::new(None),
            terminal: Arc::default(),
            host,
            contact,
            tempo,
        })
    }

    /// Runs until the machine leaves.
    pub fn run(self: &Arc<Self>) -> Left {
        let worked = self.work();
        self.board.close();
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match worked {
            Err(Leaving) => left.unwrap_or(Left::Stuck),
            Ok(()) => Left::Stuck,
        }
    }

    fn work(self: &Arc<Self>) -> Result<(), Leaving> {
        let task = self.until_answered(|| self.client.get::<TaskOrder>(&self.asking()))?;
        if self.machine.is_some_and(|machine| machine != task.machine) {
            return Err(self.go_home("the boot script is for one machine and the job for another"));
        }
        self.contact.limit(task.dead_man_s);
        self.greet(&task);
        // The first report: the server sees the machine, and says how many lines it has of this boot.
        let reply =
            self.until_answered(|| self.report(Snapshot { log: vec![], ..self.board.snapshot(false) }, 0))?;
        self.board.count_from(reply.log_through);
        self.take(&reply)?;
        self.start("task", {
            let session = Arc::clone(self);
            move || session.do_task(&task)
        })?;
        let listener = Arc::clone(self);
        self.start("listener", move || drop(listener.listen()))?;
        self.tell()
    }

    fn do_task(&self, task: &TaskOrder) {
        let ground = Ground {
            board: &self.board,
            host: self.host.as_ref(),
            client: &self.client,
            job: self.job,
            machine_name: &task.machine_name,
        };
        tasks::run(&task.task, &ground);
    }

    /// With our addresses: another machine's script, from a cache or by a cloned address, is found out.
    fn asking(&self) -> String {
        let macs: Vec<_> = self.host.inventory().nics.iter().map(|nic| nic.mac.to_string()).collect();
        format!("/agent/v1/jobs/{}/task?macs={}", self.job, macs.join(","))
    }

    fn start(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Leaving> {
        let spawned = Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run);
        spawned.map(drop).map_err(|error| self.go_home(&format!("no thread for the {name}: {error}")))
    }

    fn greet(&self, task: &TaskOrder) {
        say(format_args!("this machine is {}, here for: {}", task.machine_name, task.title));
        if !task.told.is_empty() {
            say(&task.told);
        }
        say(format_args!("job {}; it goes back to its own system by itself afterwards", task.job));
    }

    /// Sends what is new, at most so often.
    fn tell(&self) -> Result<(), Leaving> {
        let mut told = 0;
        loop {
            self.board.wait_for_news(told);
            if self.board.is_closed() {
                return Err(Leaving);
            }
            let mut version = 0;
            let reply = self.until_answered(|| {
                let snapshot = self.board.snapshot(true);
                version = snapshot.version;
                self.report(snapshot, 0)
            })?;
            self.take(&reply)?;
            told = version;
            self.board.rest(self.tempo.reports_apart);
        }
    }

    /// Holds a long poll open. It repeats the newest progress, so that it never takes back what was told.
    fn listen(&self) -> Result<(), Leaving> {
        loop {
            let begun = Instant::now();
            let reply = self.until_answered(|| self.report(self.board.snapshot(false), LONGEST_WAIT_S))?;
            self.take(&reply)?;
            self.board.rest(self.tempo.polls_apart.saturating_sub(begun.elapsed()));
        }
    }

    fn report(&self, snapshot: Snapshot, wait_s: u32) -> Result<ReportReply, CallError> {
        let end_told = snapshot.ended.is_some();
        let report = Report {
            boot_id: self.host.boot_id(),
            progress: snapshot.progress,
            log: snapshot.log,
            ended: snapshot.ended,
            wait_s,
        };
        let reply: ReportReply =
            self.client.post(&format!("/agent/v1/jobs/{}/report", self.job), &report, wait_s)?;
        self.board.acknowledge(reply.log_through, end_told);
        Ok(reply)
    }

    fn take(&self, reply: &ReportReply) -> Result<(), Leaving> {
        if reply.stop {
            self.board.stop();
        }
        if reply.console && !self.board.is_closed() {
            Terminal::come(&self.terminal, &self.client, self.job, &self.board);
        }
        match &reply.order {
            Some(order) if !self.board.is_closed() => {
                match self.orders.handle(self.host.as_ref(), &self.client, order) {
                    Handled::Leaving => Err(self.ordered_away()),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Calls until there is an answer, or the server says that the job is over, or the machine leaves.
    fn until_answered<T>(&self, mut call: impl FnMut() -> Result<T, CallError>) -> Result<T, Leaving> {
        let (mut backoff, mut calm) = (self.tempo.to_server.clone(), Calm::default());
        while !self.board.is_closed() {
            let error = match call() {
                Ok(answer) => {
                    self.contact.answered();
                    if calm.over() {
                        say("the server answers again");
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if let Some(why) = error.go_home() {
                return Err(self.go_home(why));
            }
            let text = error.to_string();
            if calm.is_news(&text, Instant::now()) {
                say(text);
            }
            self.board.rest(backoff.failed());
        }
        Err(Leaving)
    }

    /// Nothing is left to do here. Two threads may learn it at the same time; one acts.
    fn go_home(&self, why: &str) -> Leaving {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.is_none() {
            say(format_args!("{why}; restarting into the own system"));
            *left = Some(match self.host.restart() {
                Ok(()) => Left::Restarting,
                Err(error) => {
                    say(error);
                    Left::Stuck
                }
            });
            self.board.close();
        }
        Leaving
    }

    fn ordered_away(&self) -> Leaving {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(Left::Restarting);
        self.board.close();
        Leaving
    }
}
