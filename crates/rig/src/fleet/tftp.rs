//! A TFTP client as network cards have it: blocks in order, options (RFC 2348, 2349, 7440), patience.

use super::dice::Dice;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// What fits an Ethernet frame, as UEFI firmware asks for it.
const BLOCK: usize = 1468;
/// Blocks without an acknowledgement between them: what UEFI firmware asks for.
const WINDOW: u16 = 4;
/// After so long without a block the last word is said again.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many times in a row; a server that is busy with a thousand others takes its time.
const TRIES: u32 = 15;

const RRQ: u8 = 1;
const DATA: u8 = 3;
const ACK: u8 = 4;
const ERROR: u8 = 5;
const OACK: u8 = 6;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub(super) enum TftpError {
    #[error("the network: {0}")]
    Network(#[from] std::io::Error),
    #[error("the server refuses: {0}")]
    Refused(String),
    #[error("nothing came for {TRIES} s")]
    Silent,
    #[error("the server said {said} bytes and sent {sent}")]
    Length { said: u64, sent: u64 },
    #[error("the server sent what TFTP does not know")]
    Nonsense,
}

/// A line that loses packets.
pub(super) struct Line {
    pub loss: f64,
    pub dice: Dice,
}

/// Fetches a file and throws it away; gives its length, which is what the server said.
pub(super) async fn fetch(server: SocketAddr, name: &str, line: Line) -> Result<u64, TftpError> {
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let said = request(name);
    socket.send_to(&said, server).await?;
    let mut transfer =
        Transfer { socket, peer: server, answered: false, said, line, expected: 1, bytes: 0, size: None };
    transfer.run().await?;
    match transfer.size {
        Some(said) if said != transfer.bytes => Err(TftpError::Length { said, sent: transfer.bytes }),
        _ => Ok(transfer.bytes),
    }
}

fn request(name: &str) -> Vec<u8> {
    let mut bytes = vec![0, RRQ];
    let (block, window) = (BLOCK.to_string(), WINDOW.to_string());
    for word in [name, "octet", "tsize", "0", "blksize", &block, "windowsize", &window] {
        bytes.extend(word.as_bytes());
        bytes.push(0);
    }
    bytes
}

struct Transfer {
    socket: UdpSocket,
    /// After the first answer the server speaks from another port.
    peer: SocketAddr,
    answered: bool,
    /// The last thing we said, to be said again.
    said: Vec<u8>,
    line: Line,
    expected: u16,
    bytes: u64,
    size: Option<u64>,
}

impl Transfer {
    async fn run(&mut self) -> Result<(), TftpError> {
        let mut packet = [0; BLOCK + 4];
        let (mut silent, mut in_window) = (0, 0);
        loop {
            let Ok(received) = timeout(PATIENCE, self.socket.recv_from(&mut packet)).await else {
                silent += 1;
                if silent == TRIES {
                    return Err(TftpError::Silent);
                }
                in_window = 0;
                self.socket.send_to(&self.said, self.peer).await?;
                continue;
            };
            let (length, from) = received?;
            if (self.answered && from != self.peer) || self.line.dice.falls(self.line.loss) {
                continue;
            }
            (self.peer, self.answered, silent) = (from, true, 0);
            match &packet[..length] {
                [0, OACK, options @ ..] if self.expected == 1 && self.bytes == 0 => {
                    self.size = size_in(options);
                    self.acknowledge(0).await?;
                }
                [0, DATA, high, low, data @ ..] => {
                    if u16::from_be_bytes([*high, *low]) != self.expected {
                        // A gap, or an echo: say once a window where we are.
                        in_window += 1;
                        if in_window >= WINDOW {
                            in_window = 0;
                            self.socket.send_to(&self.said, self.peer).await?;
                        }
                        continue;
                    }
                    self.bytes += data.len() as u64;
                    let (block, last) = (self.expected, data.len() < BLOCK);
                    self.expected = self.expected.wrapping_add(1);
                    in_window += 1;
                    if last || in_window >= WINDOW {
                        in_window = 0;
                        self.acknowledge(block).await?;
                    }
                    if last {
                        return Ok(());
                    }
                }
                [0, ERROR, _, _, words @ ..] => {
                    return Err(TftpError::Refused(
                        String::from_utf8_lossy(words).trim_end_matches('\0').to_owned(),
                    ));
                }
                [0, OACK, ..] => {}
                _ => return Err(TftpError::Nonsense),
            }
        }
    }

    async fn acknowledge(&mut self, block: u16) -> Result<(), TftpError> {
        let [high, low] = block.to_be_bytes();
        self.said = vec![0, ACK, high, low];
        self.socket.send_to(&self.said, self.peer).await?;
        Ok(())
    }
}

/// The file's size among the options that the server agreed to.
fn size_in(options: &[u8]) -> Option<u64> {
    let mut words = options.split(|byte| *byte == 0);
    while let Some(name) = words.next() {
        let value = words.next()?;
        if name.eq_ignore_ascii_case(b"tsize") {
            return std::str::from_utf8(value).ok()?.parse().ok();
        }
    }
    None
}
