//! One transfer: from a request to its end.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

use crate::admission::Arrival;
use crate::burst::Burst;
use crate::config::Config;
use crate::counters::{Count, Counters};
use crate::handler::{Content, Handler, Request};
use crate::observer::{End, Observer, Report, Transfer};
use crate::options::Agreed;
use crate::pace::Pace;
use crate::packet::Packet;
use crate::refusal::{ErrorCode, Refusal};
use crate::source::Source;
use crate::window::{Next, Window};

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

/// When a transfer last heard from its client.
#[derive(Debug)]
pub(crate) struct Pulse {
    since: Instant,
    /// Microseconds after `since`; 0 for never, `OVER` when the transfer has ended.
    heard: AtomicU64,
}

const OVER: u64 = u64::MAX;

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), heard: AtomicU64::new(0) }
    }

    fn beat(&self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(micros.max(1), Ordering::Relaxed);
    }

    fn stop(&self) {
        self.heard.store(OVER, Ordering::Relaxed);
    }

    /// How long the client has been silent; none if it never answered. For ever once the transfer
    /// is over, so that a client may ask the same again before the server has cleared it away.
    pub(crate) fn silent_for(&self) -> Option<Duration> {
        let heard = self.heard.load(Ordering::Relaxed);
        if heard == OVER {
            return Some(Duration::MAX);
        }
        (heard > 0).then(|| self.since.elapsed().saturating_sub(Duration::from_micros(heard)))
    }
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

/// What is known of a transfer however it ends.
#[derive(Default)]
struct Tally {
    acknowledged: u64,
    repeated: u64,
}

/// The conversation with the client.
struct Talk<'a> {
    shared: &'a Shared,
    socket: &'a UdpSocket,
    pulse: &'a Pulse,
    tally: &'a mut Tally,
}

/// What came from the client.
enum Heard {
    Ack(u16),
    Error(ErrorCode, String),
    Nothing,
}

impl Talk<'_> {
    async fn run(mut self, arrival: &Arrival, transfer: &mut Transfer) -> io::Result<End> {
        let content = match self.open(arrival).await {
            Ok(content) => content,
            Err(refusal) => {
                send_error(self.socket, transfer.client, &refusal).await;
                return Ok(End::Refused(refusal));
            }
        };
        let agreed = Agreed::new(&arrival.asked.options, content.size(), &self.shared.config);
        transfer.size = Some(content.size());
        transfer.blksize = agreed.blksize;
        transfer.windowsize = agreed.windowsize;
        self.shared.observer.started(transfer);
        self.send_content(Source::new(content), &agreed, transfer).await
    }

    async fn open(&self, arrival: &Arrival) -> Result<Content, Refusal> {
        let Arrival { client, local, asked } = arrival;
        if !asked.mode.eq_ignore_ascii_case("octet") {
            // Sending netascii as it stands would spoil binary files at the client, silently.
            let message = "Only octet mode is served: set binary mode";
            return Err(Refusal::new(ErrorCode::IllegalOperation, message));
        }
        let request = Request { client: *client, local: local.ip(), name: asked.name.clone() };
        let open = self.shared.handler.open(&request);
        match tokio::time::timeout(self.shared.config.open_limit, open).await {
            Ok(answer) => answer,
            Err(_) => Err(Refusal::other("The content was not ready in time")),
        }
    }

    async fn send_content(
        &mut self,
        mut source: Source,
        agreed: &Agreed,
        transfer: &Transfer,
    ) -> io::Result<End> {
        let offer = Packet::OptionAck(agreed.answer.clone()).encode();
        let mut window =
            Window::new(source.size(), agreed.blksize, agreed.windowsize, !agreed.answer.is_empty());
        let mut pace = Pace::new(&self.shared.config, agreed.timeout);
        let mut burst = Burst::new(agreed.blksize);
        let mut next = window.first();
        let mut highest = 0_u64;
        loop {
            match &next {
                Next::Offer => self.send_packet(&offer, transfer.client).await,
                Next::Send(blocks) | Next::Again(blocks) => {
                    self.tally.repeated += (highest + 1).saturating_sub(blocks.start);
                    highest = highest.max(window.sent());
                    self.send_blocks(&mut burst, &mut source, &window, blocks.clone(), transfer).await?;
                }
                Next::Wait => {}
                Next::Done => return Ok(End::Done),
            }
            let sent_at = Instant::now();
            next = loop {
                let deadline = sent_at + pace.wait();
                match timeout_at(deadline.into(), self.hear(transfer.client)).await {
                    Err(_) if pace.expired() => break window.expired(),
                    Err(_) => return Ok(End::TimedOut),
                    Ok(heard) => match heard? {
                        Heard::Nothing => {}
                        Heard::Error(code, message) => {
                            return Ok(client_error(&window, agreed, code, message));
                        }
                        Heard::Ack(block) => match window.acknowledge(block) {
                            Next::Wait => {}
                            again @ Next::Again(_) => break again,
                            step => {
                                pace.progress(sent_at.elapsed());
                                self.note_progress(&window, transfer);
                                break step;
                            }
                        },
                    },
                }
            };
        }
    }

    fn note_progress(&mut self, window: &Window, transfer: &Transfer) {
        let bytes = window.acknowledged_bytes();
        if bytes > self.tally.acknowledged {
            self.tally.acknowledged = bytes;
            self.shared.observer.acknowledged(transfer, bytes);
        }
    }

    async fn send_blocks(
        &self,
        burst: &mut Burst,
        source: &mut Source,
        window: &Window,
        blocks: Range<u64>,
        transfer: &Transfer,
    ) -> io::Result<()> {
        let payload = source.bytes(window.place(&blocks)).await?;
        if let Err(error) = burst.send(self.socket, transfer.client, blocks, &payload).await {
            self.lost(transfer.client, &error);
        }
        Ok(())
    }

    async fn send_packet(&self, bytes: &[u8], client: SocketAddr) {
        if let Err(error) = self.socket.send_to(bytes, client).await {
            self.lost(client, &error);
        }
    }

    /// A packet that could not be sent (full buffers, a route gone for a moment) is a lost
    /// packet like any other: the timer sends it again or gives up.
    fn lost(&self, client: SocketAddr, error: &io::Error) {
        tracing::debug!(%client, %error, "Packets could not be sent and count as lost");
    }

    /// Waits for one packet; only the client's own mean anything.
    async fn hear(&self, client: SocketAddr) -> io::Result<Heard> {
        let mut buffer = [0; 1024];
        let (length, from) = self.socket.recv_from(&mut buffer).await?;
        let packet = Packet::decode(&buffer[..length]);
        if (from.ip(), from.port()) != (client.ip(), client.port()) {
            self.shared.counters.add(Count::Stray);
            self.answer_stranger(packet.ok(), from).await;
            return Ok(Heard::Nothing);
        }
        self.pulse.beat();
        match packet {
            Ok(Packet::Ack(block)) => Ok(Heard::Ack(block)),
            Ok(Packet::Error { code, message }) => Ok(Heard::Error(code, message)),
            Ok(_) | Err(_) => {
                self.shared.counters.add(Count::Stray);
                Ok(Heard::Nothing)
            }
        }
    }

    /// RFC 1350: a packet from elsewhere is told so and disturbs nothing. An ERROR is never
    /// answered, or two servers could talk for ever.
    async fn answer_stranger(&self, packet: Option<Packet>, from: SocketAddr) {
        if !matches!(packet, None | Some(Packet::Error { .. })) {
            let refusal = Refusal::new(ErrorCode::UnknownTransfer, "Unknown transfer");
            send_error(self.socket, from, &refusal).await;
        }
    }
}

/// Firmware that only wants the size ends the transfer in answer to the OACK: OVMF with error 8,
/// older PXE with error 0.
fn client_error(window: &Window, agreed: &Agreed, code: ErrorCode, message: String) -> End {
    let polite = matches!(code, ErrorCode::OptionsRefused | ErrorCode::Other);
    if window.is_offering() && agreed.size_asked && polite {
        End::SizeAsked
    } else {
        End::ClientAborted { code, message }
    }
}
