//! `pitstop-server`.

use anyhow::{Context, Result};
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use pitstop_server::config::Config;
use pitstop_server::postgres::Private;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Pages are rendered by nested calls, one a level of the view, and without optimisation these frames are large:
/// with tokio's 2 MiB a debug build overflowed on the machine's page. Only what is used is ever in memory.
const STACK: usize = 16 << 20;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,object_store=warn")),
        )
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(Config::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("The server cannot run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every agent holds a connection open. The usual soft limit of 1024 is there for programs that use `select`, which
/// this one does not: up to the hard limit nobody has to be asked.
fn allow_many_connections() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::warn!(%error, "The limit of open files cannot be raised; about a thousand agents fit.");
    }
}

fn run(config: Config) -> Result<()> {
    allow_many_connections();
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data folder {} cannot be made", config.data.display()))?;
    // On the main thread and before the runtime: PostgreSQL ends with the thread that started it.
    let private = match &config.database_url {
        Some(_) => None,
        None => Some(Private::start(&config.data)?),
    };
    let url = match (&config.database_url, &private) {
        (Some(url), _) => url.clone(),
        (None, Some(private)) => private.url().to_owned(),
        (None, None) => anyhow::bail!("no database"),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    let ended = runtime.block_on(pitstop_server::run(config, &url));
    // Connections go before the database does.
    drop(runtime);
    drop(private);
    ended
}
