//! One command through `ipmitool`. The password goes by the environment, which only the same user can read; what is
//! printed is read, and never logged.

use crate::Fault;
use crate::http::tame;
use pitstop_domain::route::{Ipmi, Privilege};
use pitstop_domain::secret::Secret;
use std::process::Stdio;
use tokio::process::Command;

/// Seconds for the first answer (each repetition waits one longer), and how often a question is sent. A lost packet must not fail a look; one that restarts is
/// sent once only.
const PATIENT: [&str; 2] = ["1", "4"];
const ONCE: [&str; 2] = ["15", "1"];

/// Sessions that are tried for the request that is sent once: as long as there is none, nothing was asked.
const SESSIONS: usize = 3;

pub(super) struct Tool {
    settings: Ipmi,
    password: Secret,
}

/// The command gave no answer of use.
#[derive(Debug)]
pub(super) enum Failed {
    /// There was no session, so nothing was asked.
    NoSession { words: String, worth_retrying: bool },
    /// The board answered with another completion code than "done".
    Refused(String),
    /// It was asked, and nobody knows what became of it.
    Silent(String),
}

impl Failed {
    /// For commands that may be repeated.
    pub(super) fn harmless(self, tool: &Tool) -> Fault {
        let place = tool.place();
        match self {
            Self::NoSession { words, worth_retrying } => Fault { worth_retrying, ..Fault::refused(words) },
            Self::Refused(words) => Fault::refused(format!("{place} refused: {words}")),
            Self::Silent(words) => Fault::later(format!("{place} did not answer: {words}")),
        }
    }

    /// For the one that restarts.
    pub(super) fn of_restart(self, tool: &Tool) -> Fault {
        match self {
            Self::Silent(words) => Fault::unknown(format!(
                "{} did not say what became of the request ({words}). It may have restarted the machine: the machine \
                 will show",
                tool.place()
            )),
            other => other.harmless(tool),
        }
    }
}

impl Tool {
    pub(super) fn new(settings: &Ipmi, password: Secret) -> Self {
        Self { settings: settings.clone(), password }
    }

    fn place(&self) -> String {
        format!("the board {}:{}", self.settings.host, self.settings.port)
    }

    pub(super) fn nonsense(&self) -> Fault {
        Fault::later(format!("{} answered with what is no answer to the question", self.place()))
    }

    pub(super) async fn ask(&self, command: &[u8]) -> Result<Vec<u8>, Failed> {
        self.run(command, PATIENT).await
    }

    pub(super) async fn ask_once(&self, command: &[u8]) -> Result<Vec<u8>, Failed> {
        for _ in 1..SESSIONS {
            match self.run(command, ONCE).await {
                Err(Failed::NoSession { worth_retrying: true, .. }) => {}
                done => return done,
            }
        }
        self.run(command, ONCE).await
    }

    async fn run(&self, command: &[u8], [seconds, times]: [&str; 2]) -> Result<Vec<u8>, Failed> {
        let settings = &self.settings;
        let privilege = match settings.privilege {
            Privilege::Administrator => "ADMINISTRATOR",
            Privilege::Operator => "OPERATOR",
        };
        let mut program = Command::new("ipmitool");
        // One -v tells a wrong password from a board that is away. More of them would print keys.
        program.args(["-v", "-I", "lanplus", "-E", "-N", seconds, "-R", times, "-L", privilege]);
        program.args(["-H", settings.host.as_str(), "-U", &settings.user]);
        program.args(["-p", &settings.port.to_string(), "-C", &settings.cipher_suite.to_string(), "raw"]);
        program.args(command.iter().map(|byte| format!("{byte:#04x}")));
        program.env("IPMI_PASSWORD", self.password.expose()).env("LC_ALL", "C");
        program.stdin(Stdio::null()).kill_on_drop(true);
        let ran = program.output().await.map_err(|error| self.missing(&error))?;
        if ran.status.success() {
            return bytes(&String::from_utf8_lossy(&ran.stdout))
                .ok_or_else(|| Failed::Silent("its answer cannot be read".to_owned()));
        }
        Err(self.failed(&String::from_utf8_lossy(&ran.stderr)))
    }

    fn missing(&self, error: &std::io::Error) -> Failed {
        let words = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "the program ipmitool is not on the server: install Debian's package ipmitool".to_owned()
            }
            _ => format!("the program ipmitool could not be started: {error}"),
        };
        Failed::NoSession { words, worth_retrying: false }
    }

    fn failed(&self, printed: &str) -> Failed {
        if printed.contains("Unable to establish") {
            return self.no_session(printed);
        }
        let line = printed.lines().rev().find(|line| line.contains("Unable to send RAW command"));
        match line.and_then(|line| line.split_once("rsp=")) {
            Some((_, code)) => Failed::Refused(tame(&format!("completion code {}", code.replace(')', "")))),
            None => Failed::Silent("no answer in time".to_owned()),
        }
    }

    fn no_session(&self, printed: &str) -> Failed {
        let place = self.place();
        let wrong = |what: &str| Failed::NoSession {
            words: format!("{place} {what}. Nothing was touched"),
            worth_retrying: false,
        };
        if printed.contains("HMAC is invalid") || printed.contains("unauthorized name") {
            return wrong("refused the user or password: set the route's user and password again");
        }
        if printed.contains("algorithm") || printed.contains("no matching cipher suite") {
            return wrong("does not have this cipher suite: choose another in the route");
        }
        if printed.contains("role") || printed.contains("privilege") {
            return wrong(
                "does not give this user the privilege: choose a lower one in the route, or raise it there",
            );
        }
        Failed::NoSession {
            words: format!("{place} could not be reached. Nothing was touched"),
            worth_retrying: true,
        }
    }
}

/// The answer's bytes: lines of two hexadecimal digits each, behind those that `-v` adds.
fn bytes(printed: &str) -> Option<Vec<u8>> {
    let is_data = |line: &&str| {
        line.split_whitespace().all(|word| word.len() == 2 && u8::from_str_radix(word, 16).is_ok())
    };
    let data = printed.lines().filter(is_data).flat_map(str::split_whitespace);
    data.map(|word| u8::from_str_radix(word, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_behind_the_words() {
        let printed = "RAW RSP (2 bytes)\n 01 a0\n ff\n\n";
        assert_eq!(bytes(printed), Some(vec![1, 0xa0, 0xff]));
        assert_eq!(bytes("\n"), Some(vec![]));
    }
}
