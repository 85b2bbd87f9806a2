//! One transfer: its socket, its conversation, its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use crate::admission::Arrival;
use crate::config::Config;
use crate::counters::Counters;
use crate::handler::Handler;
use crate::observer::{End, Observer, Report, Transfer};
use crate::packet::Packet;
use crate::pulse::Pulse;
use crate::refusal::Refusal;
use crate::talk::{Talk, Tally};

/// Makes the socket of a transfer, bound to the given address (port 0: any).
pub type SocketFactory = dyn Fn(SocketAddr) -> io::Result<std::net::UdpSocket> + Send + Sync;

/// What all transfers of a server share.
pub(crate) struct Shared {
    pub config: Config,
    pub handler: Arc<dyn Handler>,
    pub observer: Arc<dyn Observer>,
    pub sockets: Arc<SocketFactory>,
    pub counters: Arc<Counters>,
    /// The server stops; every transfer's own token is a child of it.
    pub stop: CancellationToken,
}

/// Makes a transfer's socket on the address the request came to.
pub(crate) fn open_socket(sockets: &SocketFactory, local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = sockets(local)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Serves one request and tells the observer how it ended.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    number: u64,
    arrival: Arrival,
    pulse: Arc<Pulse>,
    cancel: CancellationToken,
) {
    let began = Instant::now();
    let mut transfer = announce(number, &arrival);
    let mut tally = Tally::default();
    let end = match open_socket(&*shared.sockets, arrival.local) {
        Ok(socket) => {
            let talk = Talk { shared: &shared, socket: &socket, pulse: &pulse, tally: &mut tally };
            let end = tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                end = talk.run(&arrival, &mut transfer) => Some(end),
            };
            match end {
                Some(Ok(end)) => end,
                Some(Err(error)) => fail(&socket, transfer.client, &error).await,
                None if shared.stop.is_cancelled() => stopped(&socket, transfer.client).await,
                // Its ERROR to this socket and its next request to the other may change places.
                None if tally.size_told => End::SizeAsked,
                None => End::Replaced,
            }
        }
        Err(error) => End::Failed(format!("no socket can be opened at {}: {error}", arrival.local)),
    };
    pulse.stop();
    let report =
        Report { end, acknowledged: tally.acknowledged, repeated: tally.repeated, took: began.elapsed() };
    log_end(&transfer, &report);
    shared.observer.ended(&transfer, &report);
}

fn announce(number: u64, arrival: &Arrival) -> Transfer {
    let Arrival { client, local, asked } = arrival;
    Transfer {
        number,
        client: *client,
        local: local.ip(),
        name: asked.name.clone(),
        size: None,
        blksize: 512,
        windowsize: 1,
    }
}

fn log_end(transfer: &Transfer, report: &Report) {
    let Transfer { number, client, name, blksize, windowsize, .. } = transfer;
    let Report { end, acknowledged, repeated, took } = report;
    let milliseconds = took.as_millis();
    if end.is_success() || matches!(end, End::Stopped | End::Replaced) {
        tracing::info!(number, %client, name, acknowledged, milliseconds, repeated, blksize, windowsize, "Transfer ended: {end}");
    } else {
        tracing::warn!(number, %client, name, acknowledged, milliseconds, repeated, blksize, windowsize, "Transfer ended: {end}");
    }
}

/// A lost ERROR is not repeated: the client asks again and gets it again.
pub(crate) async fn send_error(socket: &UdpSocket, client: SocketAddr, refusal: &Refusal) {
    if let Err(error) = socket.send_to(&Packet::from(refusal).encode(), client).await {
        tracing::debug!(%client, %error, "An error packet could not be sent");
    }
}

async fn fail(socket: &UdpSocket, client: SocketAddr, error: &io::Error) -> End {
    send_error(socket, client, &Refusal::other("The server cannot go on")).await;
    End::Failed(error.to_string())
}

async fn stopped(socket: &UdpSocket, client: SocketAddr) -> End {
    send_error(socket, client, &Refusal::other("The server is stopping")).await;
    End::Stopped
}
