//! Programs of the toolbox, run with their words in the job's log.

use crate::maintenance::board::Board;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// Where the image keeps them; elsewhere the PATH serves.
const PROGRAMS: &str = "/opt/pitstop/bin";
/// Lines of one run that go to the log; the rest are counted.
const MOST_LOGGED: usize = 150;
/// What is kept of a run to be read.
const MOST_KEPT: usize = 4 << 20;
/// How often we look whether somebody asks to stop.
const LOOK: Duration = Duration::from_millis(200);

/// A program that is about to run.
pub struct Tool {
    name: String,
    command: Command,
    logged: bool,
    stoppable: bool,
    limit: Option<Duration>,
}

/// How it went.
#[derive(Debug)]
pub struct Ran {
    /// `None`: it was ended by a signal.
    pub code: Option<i32>,
    /// What it said, both streams.
    pub text: String,
    /// We ended it, since somebody asked to stop.
    pub stopped: bool,
    /// We ended it, since its time was up.
    pub late: bool,
}

/// Is it here at all? Images differ.
pub fn is_here(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PROGRAMS.into()).chain(std::env::split_paths(&path));
    folders.into_iter().any(|folder: std::path::PathBuf| folder.join(name).is_file())
}

/// The program, in words that we understand, with its streams in our hands.
pub fn command(name: &str) -> Command {
    let ours = Path::new(PROGRAMS).join(name);
    let mut command = Command::new(if ours.is_file() { ours.as_os_str() } else { OsStr::new(name) });
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Tool {
    pub fn new(name: &str) -> Self {
        let command = command(name);
        Self { name: name.to_owned(), command, logged: true, stoppable: true, limit: None }
    }

    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Finds these in its environment.
    #[must_use]
    pub fn told<S: AsRef<OsStr>>(mut self, variables: impl IntoIterator<Item = (S, S)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Its words are for us and not for people.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { logged: false, ..self }
    }

    /// It changes a disk: ended in the middle it would leave it worse than it was.
    #[must_use]
    pub fn to_its_end(self) -> Self {
        Self { stoppable: false, ..self }
    }

    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// It cannot be started, in words.
    pub fn run(self, board: &Board) -> Result<Ran, String> {
        self.run_hearing(board, &mut |_| {})
    }

    /// As [`Tool::run`]; `hear` gets each line as it comes.
    pub fn run_hearing(mut self, board: &Board, hear: &mut dyn FnMut(&str)) -> Result<Ran, String> {
        let mut child = self
            .command
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}; is it in this image?", self.name))?;
        let lines = read_both(&mut child);
        let (mut ran, mut count) = (Ran { code: None, text: String::new(), stopped: false, late: false }, 0);
        let begun = Instant::now();
        loop {
            match lines.recv_timeout(LOOK) {
                Ok(line) => {
                    hear(&line);
                    count += 1;
                    if self.logged && count <= MOST_LOGGED && !line.trim().is_empty() {
                        board.log(format!("{}: {line}", self.name));
                    }
                    if ran.text.len() + line.len() < MOST_KEPT {
                        ran.text += &line;
                        ran.text.push('\n');
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            ran.stopped |= self.stoppable && board.is_stopped();
            ran.late |= self.limit.is_some_and(|limit| begun.elapsed() > limit);
            if ran.stopped || ran.late {
                let _ = child.kill();
                break;
            }
        }
        if self.logged && count > MOST_LOGGED {
            board.log(format!("{}: {} more lines", self.name, count - MOST_LOGGED));
        }
        let status = child.wait().map_err(|error| format!("{} was lost: {error}", self.name))?;
        ran.code = status.code();
        Ok(ran)
    }
}

/// Both streams by lines, as they come. The channel closes when both have ended.
fn read_both(child: &mut Child) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        read_lines(out, send.clone());
    }
    if let Some(err) = child.stderr.take() {
        read_lines(err, send);
    }
    receive
}

fn read_lines(from: impl Read + Send + 'static, to: Sender<String>) {
    let read = move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        // Programs write what they like, in any encoding.
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            // Progress is drawn over itself with carriage returns.
            let text = text.rsplit('\r').next().unwrap_or_default().to_owned();
            if to.send(text).is_err() {
                return;
            }
            line.clear();
        }
    };
    let _ = std::thread::Builder::new().name("tool".to_owned()).stack_size(128 << 10).spawn(read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_in_the_log_and_its_code_is_known() {
        let board = Board::default();
        let ran = Tool::new("sh").args(["-c", "echo one; echo two >&2; exit 3"]).run(&board).unwrap();
        assert_eq!(ran.code, Some(3));
        assert!(ran.text.contains("one") && ran.text.contains("two"));
        assert_eq!(board.snapshot(true).log.len(), 2);
    }

    #[test]
    fn it_is_ended_when_its_time_is_up() {
        let tool = Tool::new("sleep").args(["60"]).within(Duration::from_millis(1));
        let ran = tool.run(&Board::default()).unwrap();
        assert!(ran.late && ran.code.is_none());
    }

    #[test]
    fn it_is_ended_when_somebody_asks_to_stop() {
        let board = Board::default();
        board.stop();
        assert!(Tool::new("sleep").args(["60"]).run(&board).unwrap().stopped);
        assert_eq!(Tool::new("sleep").args(["0"]).to_its_end().run(&board).unwrap().code, Some(0));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Tool::new("pitstop-no-such-program").run(&Board::default()).unwrap_err();
        assert!(error.contains("pitstop-no-such-program"), "{error}");
        assert!(!is_here("pitstop-no-such-program") && is_here("sh"));
    }
}
