//! Follows a job until it is closed.

use super::{Context, print, remark};
use crate::args::Patience;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::Job;
use crate::show::Look;
use crate::show::page::ending;
use crate::show::story::{Line, story, waits};
use pitstop_domain::id::JobId;
use pitstop_domain::job::Phase;
use serde_json::Value;
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// As often as people look; one job is a few kilobytes.
const EVERY: Duration = Duration::from_secs(1);

pub fn watch(context: &Context, id: JobId, patience: Patience) -> Result<Exit, Fault> {
    let mut teller = Teller::default();
    let mut server =
        Server { patience: Duration::from_secs(patience.seconds), answered: None, silent: false };
    loop {
        if let Some(answer) = server.ask(|| context.client.get(&format!("jobs/{id}")))? {
            let job: Job = context.understood(&answer)?;
            let look = context.look();
            print(&if context.json { teller.changed(&answer) } else { teller.news(&job, &look) })?;
            if let Some(exit) = Exit::of(&job) {
                if !context.json {
                    print(&ending(&job, &look))?;
                }
                return Ok(exit);
            }
        }
        sleep(EVERY);
    }
}

/// A wait as people tell it from another: limits that are put off while things go well are no news.
#[derive(PartialEq, Eq)]
struct Wait {
    phase: Phase,
    attempt: u32,
    awaits: String,
    then: String,
}

/// Knows what was told already.
#[derive(Default)]
struct Teller {
    /// How often each line was told: a machine may say the same twice at one moment.
    told: HashMap<Line, usize>,
    waits: Option<Wait>,
    last: Option<Value>,
}

impl Teller {
    /// The lines not told before.
    fn news(&mut self, job: &Job, look: &Look) -> String {
        let mut news: Vec<Line> = Vec::new();
        let mut now: HashMap<Line, usize> = HashMap::new();
        for line in story(job) {
            let count = now.entry(line.clone()).or_default();
            *count += 1;
            if *count > self.told.get(&line).copied().unwrap_or(0) {
                news.push(line);
            }
        }
        // Lines that the server no longer gives, of a long log, stay told.
        for (line, count) in now {
            let told = self.told.entry(line).or_default();
            *told = count.max(*told);
        }
        news.extend(self.new_wait(job, look));
        news.sort_by_key(|line| line.at);
        news.iter().map(|line| line.show(look)).collect()
    }

    /// Why the job waits, when it waits for something else than before.
    fn new_wait(&mut self, job: &Job, look: &Look) -> Option<Line> {
        let waiting = job.waiting.as_ref().map(|waiting| Wait {
            phase: job.phase,
            attempt: job.attempt,
            awaits: waiting.awaits.clone(),
            then: waiting.then.clone(),
        });
        if waiting == self.waits {
            return None;
        }
        self.waits = waiting;
        waits(job, look)
    }

    /// What the server said, when it said something else than before: one line of JSON each.
    fn changed(&mut self, answer: &Value) -> String {
        if self.last.as_ref() == Some(answer) {
            return String::new();
        }
        self.last = Some(answer.clone());
        format!("{answer}\n")
    }
}

/// A server that answered once is waited for when it falls silent: it may be restarting, and jobs take hours.
struct Server {
    patience: Duration,
    answered: Option<Instant>,
    silent: bool,
}

impl Server {
    fn ask(&mut self, question: impl Fn() -> Result<Value, Fault>) -> Result<Option<Value>, Fault> {
        match question() {
            Ok(answer) => {
                self.answered = Some(Instant::now());
                self.silent = false;
                Ok(Some(answer))
            }
            Err(fault)
                if fault.may_pass() && self.answered.is_some_and(|at| at.elapsed() < self.patience) =>
            {
                if !self.silent {
                    remark(&format!("{fault}; trying again for {} s", self.patience.as_secs()));
                }
                self.silent = true;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::LogLine;
    use crate::shape::fixtures::{at, restoring};
    use crate::show::plain;
    use pitstop_domain::step::Waiting;

    fn with_log(texts: &[&str]) -> Job {
        let log = texts.iter().map(|text| LogLine { at: at(70), text: (*text).to_owned() }).collect();
        Job { log, waiting: None, ..restoring() }
    }

    fn unreachable() -> Result<Value, Fault> {
        Err(Fault::Unreachable { server: "http://boot".to_owned(), why: "connection refused".to_owned() })
    }

    #[test]
    fn each_line_is_told_once() {
        let mut teller = Teller::default();
        assert_eq!(teller.news(&with_log(&["one"]), &plain()).lines().count(), 1);
        assert_eq!(teller.news(&with_log(&["one"]), &plain()), "");
        let news = teller.news(&with_log(&["one", "two"]), &plain());
        assert_eq!(news, "2026-03-01 10:01:10  log    two\n");
    }

    #[test]
    fn the_same_words_said_twice_are_told_twice() {
        let mut teller = Teller::default();
        assert_eq!(teller.news(&with_log(&["ok", "ok"]), &plain()).lines().count(), 2);
        assert_eq!(teller.news(&with_log(&["ok", "ok", "ok"]), &plain()).lines().count(), 1);
    }

    #[test]
    fn lines_that_are_no_longer_given_are_not_told_again() {
        let mut teller = Teller::default();
        teller.news(&with_log(&["one", "two"]), &plain());
        assert_eq!(teller.news(&with_log(&["two"]), &plain()), "");
        assert_eq!(teller.news(&with_log(&["one", "two"]), &plain()), "");
    }

    #[test]
    fn a_wait_is_told_when_it_changes() {
        let mut teller = Teller::default();
        assert!(teller.news(&restoring(), &plain()).contains("waits  for the own system's agent"));
        let mut put_off = restoring();
        put_off.waiting =
            put_off.waiting.map(|waiting| Waiting { since: at(80), until: Some(at(980)), ..waiting });
        assert_eq!(teller.news(&put_off, &plain()), "");
        assert_eq!(teller.news(&Job { attempt: 2, ..put_off }, &plain()).lines().count(), 1);
    }

    #[test]
    fn a_server_that_never_answered_is_not_waited_for() {
        let mut server = Server { patience: Duration::from_secs(60), answered: None, silent: false };
        assert!(server.ask(unreachable).is_err());
    }

    #[test]
    fn a_server_that_fell_silent_is_waited_for() {
        let mut server = Server { patience: Duration::from_secs(60), answered: None, silent: false };
        assert!(server.ask(|| Ok(Value::Null)).unwrap().is_some());
        assert!(server.ask(unreachable).unwrap().is_none());
        assert!(server.ask(|| Ok(Value::Null)).unwrap().is_some());
    }

    #[test]
    fn a_refusal_is_not_waited_out() {
        let mut server =
            Server { patience: Duration::from_secs(60), answered: Some(Instant::now()), silent: false };
        let refused = || Err(Fault::Refused { status: 404, detail: "there is no such job".to_owned() });
        assert!(server.ask(refused).is_err());
    }
}
