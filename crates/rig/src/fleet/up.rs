//! A fleet for people and for other programs: JSON lines out, and a life until told to stop.

use super::{Fleet, FleetConfig};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::{Read, Write};
use tokio::signal::unix::{SignalKind, signal};

/// Starts the fleet, says a line a machine and `{"ready":true}`, and lives until SIGINT, SIGTERM or SIGHUP; with
/// `hold` also until the end of its input.
///
/// # Errors
/// When the management's address cannot be had, or nobody reads the lines.
pub async fn run(config: FleetConfig, hold: bool) -> Result<()> {
    more_files();
    let manage = config.manage;
    let fleet = Fleet::start(config).await.with_context(|| {
        format!("the machines' management cannot listen on {manage}: choose another --manage")
    })?;
    for profile in fleet.profiles() {
        say(&fleet.describe(&profile.name))?;
    }
    say(&json!({ "ready": true }))?;
    until_told_to_stop(hold).await?;
    fleet.stop().await;
    Ok(())
}

/// Standard output is this program's interface.
fn say(line: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Each machine holds one connection or two; the usual limit of 1024 files is too low for a thousand.
fn more_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "The limit of open files could not be raised; a large fleet may run out of them.");
    }
}

async fn until_told_to_stop(hold: bool) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        () = end_of_input(hold) => {}
    }
    Ok(())
}

/// On a thread of its own: a read of standard input cannot be cancelled.
async fn end_of_input(hold: bool) {
    if !hold {
        return std::future::pending().await;
    }
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let _ = end.await;
}
