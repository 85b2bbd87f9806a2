//! The programs started: what they print, how they end, and ending them in order.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{process, say};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// Somebody wants an end.
    Signal,
    /// A program printed a line.
    Line { name: &'static str, line: String },
    /// A program ended.
    Ended { name: &'static str, status: ExitStatus },
}

/// Somebody wanted an end while a program was starting.
#[derive(Debug, thiserror::Error)]
#[error("stopped while starting")]
pub struct Interrupted;

/// How a program is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndBy {
    /// SIGTERM to its process group.
    Signal,
    /// The end of its input: for programs of another user, which we may not signal.
    Input,
}

struct Member {
    name: &'static str,
    group: Pid,
    input: Option<ChildStdin>,
    end_by: EndBy,
    running: bool,
}

/// Longest wait for a program to put its things away; PostgreSQL writes its memory to disk then.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Household {
    members: Vec<Member>,
    events: Receiver<Event>,
    sender: Sender<Event>,
}

impl Household {
    /// From now on SIGINT, SIGTERM and SIGHUP are events.
    pub fn new() -> Result<Self> {
        let (sender, events) = channel();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be caught")?;
        let told = sender.clone();
        thread::spawn(move || {
            for _ in signals.forever() {
                // Nobody listens any more: then we are ending anyway.
                let _ = told.send(Event::Signal);
            }
        });
        Ok(Self { members: Vec::new(), events, sender })
    }

    /// Starts a program in a process group of its own, so that the terminal's Ctrl-C reaches us alone.
    ///
    /// To be called by the main thread: the kernel ends the program with the thread that started it.
    pub fn start(&mut self, name: &'static str, end_by: EndBy, command: &mut Command) -> Result<()> {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` could not be started", process::told(command)))?;
        let group = Pid::from_raw(i32::try_from(child.id())?);
        self.members.push(Member { name, group, input: child.stdin.take(), end_by, running: true });
        self.listen(name, child);
        Ok(())
    }

    fn listen(&self, name: &'static str, mut child: Child) {
        if let Some(output) = child.stdout.take() {
            let told = self.sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = told.send(Event::Line { name, line });
                }
            });
        }
        let told = self.sender.clone();
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = told.send(Event::Ended { name, status });
            }
        });
    }

    /// Says a line to a program.
    pub fn say(&mut self, name: &str, words: &str) -> Result<()> {
        let member = self.members.iter_mut().find(|member| member.name == name && member.running);
        let input = member
            .and_then(|member| member.input.as_mut())
            .with_context(|| format!("{name} does not run"))?;
        writeln!(input, "{words}").with_context(|| format!("{name} does not listen"))
    }

    /// Waits for what happens next.
    pub fn next(&mut self) -> Event {
        // The household holds a sender itself, so the channel does not close.
        let event = self.events.recv().unwrap_or(Event::Signal);
        self.note(&event);
        event
    }

    fn note(&mut self, event: &Event) {
        if let Event::Ended { name: ended, .. } = event {
            for member in self.members.iter_mut().filter(|member| member.name == *ended) {
                member.running = false;
            }
        }
    }

    /// Ends all, the last started first, and waits for each.
    pub fn stop_all(&mut self) {
        while let Some(mut member) = self.members.pop() {
            if member.running {
                say::line(&format!("stopping {}", member.name));
                self.stop(&mut member);
            }
        }
    }

    fn stop(&mut self, member: &mut Member) {
        match member.end_by {
            EndBy::Input => drop(member.input.take()),
            // Fails only when the group is gone, which is what is wanted.
            EndBy::Signal => drop(killpg(member.group, Signal::SIGTERM)),
        }
        if !self.ended_within(member.name, PATIENCE) {
            say::warning(&format!("{} did not end within {}: killed", member.name, say::seconds(PATIENCE)));
            let _ = killpg(member.group, Signal::SIGKILL);
            self.ended_within(member.name, PATIENCE);
        }
    }

    /// A second Ctrl-C ends the patience.
    fn ended_within(&mut self, who: &str, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended { name, .. }) if name == who => return true,
                Ok(Event::Line { line, .. }) => println!("{line}"),
                Ok(Event::Signal) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return false;
                }
                Ok(event) => self.note(&event),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_ended_the_last_started_first() {
        let folder = tempfile::tempdir().unwrap();
        let order = folder.path().join("order");
        let at_end =
            |name: &str| format!("trap 'echo {name} >> {}; exit' TERM; echo up; cat", order.display());
        let mut household = Household::new().unwrap();
        for name in ["first", "second"] {
            let mut program = Command::new("sh");
            household.start(name, EndBy::Signal, program.args(["-c", &at_end(name)])).unwrap();
            assert!(matches!(household.next(), Event::Line { line, .. } if line == "up"));
        }
        household.say("second", "hello").unwrap();
        assert!(matches!(household.next(), Event::Line { name: "second", line } if line == "hello"));
        household.stop_all();
        assert!(household.members.is_empty());
        let order = std::fs::read_to_string(order).unwrap_or_default();
        assert_eq!(order, "second\nfirst\n");
    }

    #[test]
    fn an_end_by_itself_is_an_event_and_nothing_is_left_to_stop() {
        let mut household = Household::new().unwrap();
        household.start("short", EndBy::Signal, &mut Command::new("true")).unwrap();
        assert!(matches!(household.next(), Event::Ended { name: "short", status } if status.success()));
        assert!(!household.members[0].running);
        assert!(household.say("short", "hello").is_err());
    }
}
