//! The program as its user meets it: arguments in, lines and an exit code out, against a played server.

mod images;
mod lists;
mod played;
mod refusals;
mod run;
mod runs;
mod schedules;
mod stories;
mod watch;

use std::process::{Command, Output};

/// Runs `pitstop` against this server and waits for its end.
fn pitstop(server: &str, words: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pitstop"));
    command
        .env("PITSTOP_SERVER", server)
        .env_remove("PITSTOP_TOKEN")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("TZ", "UTC0")
        .args(words);
    command.output().expect("pitstop starts").into()
}

/// What the program said.
#[derive(Debug)]
struct Said {
    exit: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is text");
        Self { exit: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
