//! In the own system: "I am up", again and again, and orders taken.

mod beat;
mod config;
mod identity;

pub use beat::{Next, Own};
pub use config::Config;
pub use identity::Identity;

use crate::backoff::Backoff;
use crate::calm::Calm;
use crate::console::say;
use crate::host::Host;
use std::process::ExitCode;
use std::time::Instant;

/// Runs until the machine restarts.
pub fn main(host: &dyn Host, config: Config) -> ExitCode {
    say(format_args!("agent {} in the own system, boot {}", env!("CARGO_PKG_VERSION"), host.boot_id()));
    if host.boot_id().0.is_empty() {
        // Each boot would look like the one before: an order could be taken twice, and no return be proven.
        say(
            "this boot cannot be told from the next: start the agent with more rights; nothing is reported until then",
        );
        return ExitCode::FAILURE;
    }
    let measuring = config.clone();
    // Should it fail, the machine is still there to be restarted: that is what the agent is for.
    let telemetry = std::thread::Builder::new().name("telemetry".to_owned());
    if let Err(error) = telemetry.spawn(move || crate::telemetry::run(&measuring)) {
        say(format_args!("nothing is measured: {error}"));
    }
    run(&mut Own::new(host, config), Backoff::to_server());
    ExitCode::SUCCESS
}

/// Beats for ever; ends when a restart is under way.
pub fn run(own: &mut Own<'_>, mut backoff: Backoff) {
    let mut calm = Calm::default();
    loop {
        match own.beat() {
            Ok(Next::Leaving) => return,
            Ok(Next::After(wait)) => {
                if calm.over() {
                    say("the server answers again");
                }
                backoff.succeeded();
                std::thread::sleep(wait);
            }
            Err(error) => {
                let text = error.to_string();
                if calm.is_news(&text, Instant::now()) {
                    say(text);
                }
                std::thread::sleep(backoff.failed());
            }
        }
    }
}
