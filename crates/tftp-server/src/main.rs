//! `tftp-server`: serves a folder and logs every transfer.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tftp_server::{Config, Root, Server};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Serves a folder by TFTP, for reading only.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    /// The folder to serve; nothing outside of it is, through symbolic links neither.
    #[arg(long)]
    root: PathBuf,
    /// Where to listen; port 69 needs root or CAP_NET_BIND_SERVICE.
    #[arg(long, default_value = "[::]:69")]
    bind: SocketAddr,
    /// Largest block agreed to, bytes.
    #[arg(long, default_value_t = Config::default().blksize)]
    blksize: u16,
    /// Most blocks sent before an acknowledgement.
    #[arg(long, default_value_t = Config::default().windowsize)]
    windowsize: u16,
    /// Transfers at once; further clients wait.
    #[arg(long, default_value_t = Config::default().transfers)]
    transfers: usize,
}

/// One thread: a TFTP transfer is a chain of small packets, and handing each from thread to
/// thread costs more than a second core brings.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    let Options { root, bind, blksize, windowsize, transfers } = options;
    let folder =
        Root::new(&root).map_err(|error| explain(error, &format!("cannot serve {}", root.display())))?;
    let socket = UdpSocket::bind(bind)
        .map_err(|error| explain(error, &format!("cannot listen on {bind}: choose another --bind")))?;
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;

    let config = Config { blksize, windowsize, transfers, ..Config::default() };
    let server = Server::new(config, folder);
    let counters = server.counters();
    tracing::info!(root = %root.display(), bind = %socket.local_addr()?, "Serving by TFTP");
    server.run(socket, stop).await?;
    tracing::info!(%counters, "Stopped");
    Ok(())
}

fn explain(error: io::Error, what: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

fn stop_on_signals(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
