//! A program run through sudo belongs to root: we may not signal it. So this stands between, as
//! root: it ends the program when its own input ends, which it does when we end, however we end.

use std::{
    io::{Read, stdin},
    os::unix::process::CommandExt,
    process::{Child, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use anyhow::{Result, bail};
use clap::Args;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::process;

#[derive(Args)]
pub struct Options {
    program: String,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// As long as the one who waits for us has patience.
const PATIENCE: Duration = Duration::from_secs(15);

pub fn run(options: &Options) -> Result<()> {
    let mut child = process::guarded(&options.program, "TERM")
        .args(&options.arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id())?);
    let (sender, ends) = channel();
    let input_ended = sender.clone();
    thread::spawn(move || {
        let _ = stdin().read_to_end(&mut Vec::new());
        let _ = input_ended.send(None);
    });
    thread::spawn(move || sender.send(Some(status(&mut child))));
    if let Some(ended) = ends.recv()? {
        return ended;
    }
    let _ = killpg(group, Signal::SIGTERM);
    if ends.recv_timeout(PATIENCE).is_err() {
        let _ = killpg(group, Signal::SIGKILL);
    }
    Ok(())
}

fn status(child: &mut Child) -> Result<()> {
    let status = child.wait()?;
    if !status.success() {
        bail!("it ended by itself ({status})");
    }
    Ok(())
}
