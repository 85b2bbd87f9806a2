//! The conversation with one client.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use tokio::net::UdpSocket;
use tokio::time::timeout_at;

use crate::admission::Arrival;
use crate::burst::Burst;
use crate::counters::Count;
use crate::handler::{Content, Request};
use crate::observer::{End, Transfer};
use crate::options::Agreed;
use crate::pace::Pace;
use crate::packet::Packet;
use crate::pulse::Pulse;
use crate::refusal::{ErrorCode, Refusal};
use crate::source::Source;
use crate::transfer::{Shared, send_error};
use crate::window::{Next, Window};

/// What is known of a transfer however it ends.
#[derive(Default)]
pub(crate) struct Tally {
    pub acknowledged: u64,
    pub repeated: u64,
    /// The client asked for the size, was told it, and has not answered yet.
    pub size_told: bool,
}

/// The conversation with the client.
pub(crate) struct Talk<'a> {
    pub shared: &'a Shared,
    pub socket: &'a UdpSocket,
    pub pulse: &'a Pulse,
    pub tally: &'a mut Tally,
}

/// What came from the client.
enum Heard {
    Ack(u16),
    Error(ErrorCode, String),
    Nothing,
}

impl Talk<'_> {
    pub(crate) async fn run(mut self, arrival: &Arrival, transfer: &mut Transfer) -> io::Result<End> {
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
        self.tally.size_told = agreed.size_asked;
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
                            return Ok(client_error(self.tally.size_told, code, message));
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
        self.tally.size_told = false;
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
fn client_error(size_told: bool, code: ErrorCode, message: String) -> End {
    let polite = matches!(code, ErrorCode::OptionsRefused | ErrorCode::Other);
    if size_told && polite { End::SizeAsked } else { End::ClientAborted { code, message } }
}
