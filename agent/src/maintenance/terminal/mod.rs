//! The machine's end of the console: a shell on a terminal of its own, and one line to the server, opened from here, so
//! that it works without a board and through NAT.
//!
//! - [`shell`]: the shell; it outlives the line; [`line`]: bytes both ways until it breaks

pub mod line;
pub mod shell;

use super::board::Board;
use crate::backoff::Backoff;
use crate::client::Client;
use crate::console::say;
use line::{Broken, Line};
use pitstop_domain::id::JobId;
use shell::Shell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

/// A frame of the socket and what is read from the terminal.
const STACK: usize = 512 * 1024;
/// A line that broke is opened again: the first time at once, since somebody waits.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(8));

/// Whether somebody sits there already.
#[derive(Default)]
pub struct Terminal(AtomicBool);

impl Terminal {
    /// Comes to the console, unless it is there.
    pub fn come(this: &Arc<Self>, client: &Client, job: JobId, board: &Arc<Board>) {
        if this.0.swap(true, Ordering::AcqRel) {
            return;
        }
        let (there, client, board) = (Arc::clone(this), client.clone(), Arc::clone(board));
        let sit = move || {
            say("somebody sits at the console");
            sit(&client, job, &board);
            there.0.store(false, Ordering::Release);
        };
        if let Err(error) = Builder::new().name("console".to_owned()).stack_size(STACK).spawn(sit) {
            say(format_args!("no thread for the console: {error}"));
            this.0.store(false, Ordering::Release);
        }
    }
}

/// Until the server has no more use for it, or the machine leaves.
fn sit(client: &Client, job: JobId, board: &Board) {
    let (mut shell, mut backoff) = (None, Backoff::new(AGAIN.0, AGAIN.1));
    while !board.is_closed() {
        let broken = match Line::open(client, &format!("/agent/v1/jobs/{job}/console")) {
            Ok(mut line) => {
                backoff = Backoff::new(AGAIN.0, AGAIN.1);
                line.carry(&mut shell, &|| board.is_closed())
            }
            Err(broken) => broken,
        };
        match broken {
            Broken::Closed => break,
            Broken::Lost(why) => {
                say(format_args!("the console's line to the server broke: {why}"));
                board.rest(backoff.failed());
            }
        }
    }
    if let Some(shell) = shell {
        Shell::end(shell);
    }
}
