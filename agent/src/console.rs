//! Lines for the person in front of the machine, or in the journal.

#[cfg(target_os = "linux")]
mod all;

#[cfg(target_os = "linux")]
pub use all::use_all;

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;

/// Every console of the machine, once they are opened.
static CONSOLES: OnceLock<Vec<File>> = OnceLock::new();

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
