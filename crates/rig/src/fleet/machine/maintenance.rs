//! The agent in the maintenance image: task, reports, and the order to go home.

use super::super::script::Parameters;
use super::work::Work;
use super::{Action, Call, Cause, Entry, Event, Failure, Fate, Machine, Orders, State, Timer};
use pitstop_domain::wire::{LONGEST_WAIT_S, LogLine, Progress, Report, ReportReply, TaskEnded, TaskOrder};
use std::time::Duration;

/// Between long polls, should the server answer at once.
const POLLS_APART: Duration = Duration::from_secs(1);
/// How late a late copy of a report is: behind the next two or three.
const LATE_S: f64 = 10.0;
/// Until the task is known: what the image has built in.
const DEAD_MAN_S: f64 = 600.0;

/// The maintenance image runs.
#[derive(Clone, Debug)]
pub struct Maintenance {
    to: Parameters,
    pub(super) orders: Orders,
    work: Option<Work>,
    hung: bool,
    progress: Option<Progress>,
    /// Lines that the server has not acknowledged.
    log: Vec<LogLine>,
    lines: u64,
    ended: Option<TaskEnded>,
    end_told: bool,
    /// A report is on its way; what comes meanwhile goes with the next.
    telling: bool,
    news: bool,
    failures: u32,
    /// Without an answer for so long.
    away_s: f64,
    dead_man_s: f64,
}

impl Maintenance {
    /// Frozen: it neither works nor reports.
    pub fn is_hung(&self) -> bool {
        self.hung
    }

    fn say(&mut self, text: String) {
        self.lines += 1;
        self.log.push(LogLine { seq: self.lines, text });
    }

    fn end(&mut self, ended: TaskEnded) {
        self.say(ended.summary.clone());
        self.ended = Some(ended);
    }
}

impl Machine {
    pub(super) fn enter_maintenance(&mut self, to: Parameters) -> Vec<Action> {
        self.tally.boots_maintenance += 1;
        self.state = State::Maintenance(Box::new(Maintenance {
            to: to.clone(),
            orders: Orders::default(),
            work: None,
            hung: false,
            progress: None,
            log: vec![],
            lines: 0,
            ended: None,
            end_told: false,
            telling: false,
            news: false,
            failures: 0,
            away_s: 0.0,
            dead_man_s: DEAD_MAN_S,
        }));
        vec![Action::GetTask(to)]
    }

    pub(super) fn in_maintenance(&mut self, event: Event) -> Vec<Action> {
        let Some(here) = self.here() else { return vec![] };
        if here.hung {
            return vec![];
        }
        match event {
            Event::Task(task) => self.begin(&task),
            Event::TimeUp(Timer::Work) => self.work(),
            Event::TimeUp(Timer::Retry(call)) => self.again(call),
            Event::Reported { call, reply } => self.reported(call, &reply),
            Event::CallFailed { call, why } => self.call_failed(call, &why),
            Event::Answered { call, delivered } => self.answered(call, delivered).unwrap_or_default(),
            event => self.unexpected(&event),
        }
    }

    /// The first report, without log: the server sees the machine. Then the work, and an ear for orders.
    fn begin(&mut self, task: &TaskOrder) -> Vec<Action> {
        let work = Work::new(&task.task, &self.profile);
        let Some(here) = self.here() else { return vec![] };
        here.dead_man_s = f64::from(task.dead_man_s);
        (here.failures, here.away_s) = (0, 0.0);
        let first_step = work.step_takes();
        here.work = Some(work);
        let mut actions = self.tell();
        if let Some(here) = self.here() {
            here.say(format!("{} begins", task.title));
        }
        actions.extend(self.report(Call::Listen));
        actions.extend(first_step.map(|takes| Action::Wait(Timer::Work, takes)));
        actions
    }

    /// A piece of the work is done.
    fn work(&mut self) -> Vec<Action> {
        let profile = self.profile.clone();
        let Some(here) = self.here() else { return vec![] };
        let Some(mut work) = here.work.clone() else { return vec![] };
        if here.ended.is_some() {
            return vec![];
        }
        here.progress = Some(work.advance());
        if let Some(line) = work.line() {
            here.say(line);
        }
        if work.is_done() {
            here.end(work.result(&profile));
        }
        let (halfway, next) = (work.is_halfway(), work.step_takes());
        here.work = Some(work);
        if halfway && self.profile.quirks.hangs_in_maintenance.strikes(&mut self.dice) {
            return self.freeze();
        }
        let mut actions = self.tell();
        actions.extend(next.map(|takes| Action::Wait(Timer::Work, takes)));
        actions
    }

    fn freeze(&mut self) -> Vec<Action> {
        if let Some(here) = self.here() {
            here.hung = true;
        }
        // Nothing is sent or received any more; the connections stay open until the power goes.
        vec![]
    }

    /// Something is new: a report, or a mark that one more is due when the one on its way is answered.
    fn tell(&mut self) -> Vec<Action> {
        let Some(here) = self.here() else { return vec![] };
        here.news = here.telling;
        if here.telling {
            return vec![];
        }
        here.telling = true;
        self.report(Call::Tell)
    }

    fn report(&mut self, call: Call) -> Vec<Action> {
        let boot_id = self.boot_id();
        let fate = self.fate(call);
        let Some(here) = self.here() else { return vec![] };
        let tell = call == Call::Tell;
        let report = Report {
            boot_id,
            progress: here.progress.clone(),
            log: if tell { here.log.clone() } else { vec![] },
            ended: if tell && !here.end_told { here.ended.clone() } else { None },
            wait_s: if tell { 0 } else { LONGEST_WAIT_S },
        };
        vec![Action::Report { call, to: here.to.clone(), report: Box::new(report), fate }]
    }

    fn fate(&mut self, call: Call) -> Fate {
        let quirks = &self.profile.quirks;
        let (doubles, reorders) = (quirks.doubles_reports, quirks.reorders_reports);
        if call == Call::Listen {
            Fate::Once
        } else if self.dice.falls(doubles) {
            Fate::Twice
        } else if self.dice.falls(reorders) {
            Fate::LateCopy(self.profile.pace(LATE_S))
        } else {
            Fate::Once
        }
    }

    fn reported(&mut self, call: Call, reply: &ReportReply) -> Vec<Action> {
        let boot = self.boot_id();
        let Some(here) = self.here() else { return vec![] };
        let job = here.to.job;
        self.tally.write(Entry::Reported { job, boot, through: reply.log_through });
        let Some(here) = self.here() else { return vec![] };
        (here.failures, here.away_s) = (0, 0.0);
        here.log.retain(|line| line.seq > reply.log_through);
        let mut actions = Vec::new();
        if call == Call::Tell {
            here.telling = false;
            here.end_told = here.ended.is_some() && !here.news;
            if here.end_told {
                self.tally.write(Entry::EndTold { job });
            }
        }
        let Some(here) = self.here() else { return vec![] };
        if reply.stop && here.ended.is_none() {
            here.end(Work::stopped());
            here.news = true;
        }
        let (news, to) = (here.news, here.to.clone());
        if let Some(order) = &reply.order {
            actions.extend(self.take(order, Some(to.server), to.token));
        }
        if news {
            actions.extend(self.tell());
        }
        if call == Call::Listen {
            actions.push(Action::Wait(Timer::Retry(Call::Listen), POLLS_APART));
        }
        actions
    }

    fn again(&mut self, call: Call) -> Vec<Action> {
        let Some(here) = self.here() else { return vec![] };
        if here.orders.is_going() && call == Call::Listen {
            // It leaves; should the answer get lost, the next report brings the order again.
            return vec![Action::Wait(Timer::Retry(Call::Listen), POLLS_APART)];
        }
        match call {
            Call::Task => vec![Action::GetTask(here.to.clone())],
            call => self.report(call),
        }
    }

    /// The server is away, or the job is over. The dead-man timer counts by the calls that wait for orders.
    fn call_failed(&mut self, call: Call, why: &Failure) -> Vec<Action> {
        self.tally.trouble(format!("{call:?}: {why:?}"));
        if let Failure::GoHome(_) = why {
            return self.restart(Cause::Itself);
        }
        let Some(here) = self.here() else { return vec![] };
        here.failures += 1;
        let failures = here.failures - 1;
        let pause = self.pause(failures);
        let Some(here) = self.here() else { return vec![] };
        if call != Call::Tell {
            here.away_s += pause.as_secs_f64();
        }
        if here.away_s > here.dead_man_s {
            return self.restart(Cause::Itself);
        }
        vec![Action::Wait(Timer::Retry(call), pause)]
    }

    fn here(&mut self) -> Option<&mut Maintenance> {
        match &mut self.state {
            State::Maintenance(maintenance) => Some(maintenance),
            _ => None,
        }
    }
}
