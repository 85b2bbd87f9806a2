//! Lines for the person in front of the machine, or in the journal.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::OnceLock;

/// Every console of the machine, once [`use_all`] has opened them.
static CONSOLES: OnceLock<Vec<File>> = OnceLock::new();

/// Speaks on the screen and on the serial line alike: nobody knows which of them is looked at. Opened without
/// blocking: a serial line that is held by its other end must not hold the agent.
pub fn use_all() {
    let active = std::fs::read_to_string("/sys/class/tty/console/active").unwrap_or_default();
    let open = |name: &str| {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        OpenOptions::new().write(true).custom_flags(flags).open(format!("/dev/{name}")).ok()
    };
    let consoles: Vec<File> = active.split_whitespace().filter_map(open).collect();
    if !consoles.is_empty() {
        let _ = CONSOLES.set(consoles);
    }
}

/// Prints a line. A console that cannot be written to (no serial port, hung-up terminal) is no reason to stop:
/// `println!` would panic there.
pub fn say(text: impl Display) {
    match CONSOLES.get() {
        Some(consoles) => {
            let line = format!("pitstop: {text}\r\n");
            for mut console in consoles {
                let _ = console.write_all(line.as_bytes());
            }
        }
        None => {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "pitstop: {text}");
            let _ = out.flush();
        }
    }
}
