//! `pitstop`: the operator's command line, over the server's `/api/v1`.
//!
//! - [`args`]: what can be asked; [`commands`]: what is done about it
//! - [`client`]: how the server is asked; [`shape`]: what of its answers is used
//! - [`keep`]: where tokens are kept
//! - [`show`]: how answers look to people; pure
//! - [`exit`]: how a command ends, for scripts; [`fault`]: what can go wrong

mod args;
mod client;
mod commands;
mod exit;
mod fault;
mod keep;
mod near;
mod shape;
mod show;

use clap::Parser;
use std::process::ExitCode;

/// What shells report of a program whose reader went away (128 and SIGPIPE): `pitstop watch … | head` did not see
/// the job's end and must not say that it went well.
const READER_GONE: u8 = 141;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(&args) {
        Ok(exit) => exit.into(),
        Err(fault::Fault::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::from(READER_GONE)
        }
        Err(fault) => {
            eprintln!("pitstop: {fault}");
            fault.exit().into()
        }
    }
}
