//! What the task has to say, until the server has it.

use crate::console::say;
use pitstop_domain::wire::{LogLine, Progress, TaskEnded};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lines kept while the server is away. More would be a task gone mad.
const MOST_LINES: usize = 5000;
/// Lines sent at once: a report stays small enough for any server's limit.
const LINES_A_REPORT: usize = 200;
/// How often progress is shown on the screen; each report carries it to the server.
const SHOW_EVERY: Duration = Duration::from_secs(15);

/// Shared by the task and those who report it.
#[derive(Default)]
pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Counts changes, so that a reporter knows whether it has missed one.
    version: u64,
    progress: Option<Progress>,
    shown: Option<Instant>,
    lines: VecDeque<String>,
    /// Number of the first of `lines`, from 0.
    first: u64,
    /// The server's highest line of this boot before this agent's first: an agent that died and was started again
    /// goes on counting.
    base: u64,
    ended: Option<TaskEnded>,
    ended_known: bool,
    stop: bool,
    closed: bool,
}

/// What is to be reported now.
pub struct Snapshot {
    pub version: u64,
    pub progress: Option<Progress>,
    pub log: Vec<LogLine>,
    pub ended: Option<TaskEnded>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.version += 1;
        self.changed.notify_all();
    }

    /// Says a line on the screen and to the server.
    pub fn log(&self, text: impl Into<String>) {
        let text = text.into();
        say(&text);
        self.change(|state| {
            if state.lines.len() == MOST_LINES {
                state.lines.pop_front();
                state.first += 1;
            }
            state.lines.push_back(text);
        });
    }

    /// How far the task is.
    pub fn progress(&self, permille: u16, text: impl Into<String>) {
        let progress = Progress { permille: permille.min(1000), text: text.into() };
        self.change(|state| {
            if state.shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
                say(format_args!("{} % done: {}", progress.permille / 10, progress.text));
                state.shown = Some(Instant::now());
            }
            state.progress = Some(progress);
        });
    }

    /// The task is over.
    pub fn end(&self, ended: TaskEnded) {
        self.log(format!("{}: {}", ended.outcome.name(), ended.summary));
        self.change(|state| state.ended = Some(ended));
    }

    /// Asks the task to stop.
    pub fn stop(&self) {
        let state = self.lock();
        let (known, ended) = (state.stop, state.ended.is_some());
        drop(state);
        if !known && !ended {
            say("the server asks to stop");
            self.change(|state| state.stop = true);
        }
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    /// Waits until somebody asks to stop.
    pub fn wait_for_stop(&self) {
        let state = self.lock();
        drop(self.changed.wait_while(state, |state| !state.stop && !state.closed));
    }

    /// The machine leaves: nobody needs to wait any more.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits, but not after the board is closed.
    pub fn rest(&self, wait: Duration) {
        let state = self.lock();
        drop(self.changed.wait_timeout_while(state, wait, |state| !state.closed));
    }

    /// Waits for a change after `version`, or for something that the server does not have yet.
    pub fn wait_for_news(&self, version: u64) {
        let state = self.lock();
        drop(self.changed.wait_while(state, |state| {
            let settled = state.lines.is_empty() && (state.ended.is_none() || state.ended_known);
            state.version == version && settled && !state.closed
        }));
    }

    /// What is to be reported; without log lines for those who only listen.
    pub fn snapshot(&self, with_log: bool) -> Snapshot {
        let state = self.lock();
        let base = state.base + state.first;
        let lines = state.lines.iter().take(if with_log { LINES_A_REPORT } else { 0 });
        let log = lines.zip(base + 1..).map(|(text, seq)| LogLine { seq, text: text.clone() }).collect();
        let ended = state.ended.clone().filter(|_| !state.ended_known);
        Snapshot { version: state.version, progress: state.progress.clone(), log, ended }
    }

    /// The first answer of this boot tells where counting goes on.
    pub fn count_from(&self, log_through: u64) {
        self.lock().base = log_through;
    }

    /// The server has the lines up to `log_through`, and the end if it was told of it.
    pub fn acknowledge(&self, log_through: u64, end_told: bool) {
        let mut state = self.lock();
        while state.base + state.first < log_through && state.lines.pop_front().is_some() {
            state.first += 1;
        }
        state.ended_known |= end_told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::job::Outcome;

    fn seqs(board: &Board) -> Vec<u64> {
        board.snapshot(true).log.iter().map(|line| line.seq).collect()
    }

    #[test]
    fn lines_stay_until_they_are_acknowledged() {
        let board = Board::default();
        for text in ["one", "two", "three"] {
            board.log(text);
        }
        assert_eq!(seqs(&board), [1, 2, 3]);
        board.acknowledge(2, false);
        assert_eq!(seqs(&board), [3]);
        board.acknowledge(2, false);
        assert_eq!(seqs(&board), [3]);
    }

    #[test]
    fn an_agent_started_again_goes_on_counting() {
        let board = Board::default();
        board.log("second life");
        board.count_from(7);
        assert_eq!(seqs(&board), [8]);
        board.acknowledge(8, false);
        assert!(seqs(&board).is_empty());
    }

    #[test]
    fn the_end_is_told_until_it_is_known() {
        let board = Board::default();
        let report = serde_json::Value::Null;
        board.end(TaskEnded {
            outcome: Outcome::Succeeded,
            summary: "well".to_owned(),
            report,
            inventory: None,
        });
        assert!(board.snapshot(false).ended.is_some());
        board.acknowledge(0, false);
        assert!(board.snapshot(false).ended.is_some());
        board.acknowledge(0, true);
        assert!(board.snapshot(false).ended.is_none());
    }

    #[test]
    fn the_oldest_lines_go_when_there_are_too_many() {
        let board = Board::default();
        for _ in 0..MOST_LINES + 2 {
            board.log("x");
        }
        assert_eq!(seqs(&board).first(), Some(&3));
        assert_eq!(seqs(&board).len(), LINES_A_REPORT);
    }
}
