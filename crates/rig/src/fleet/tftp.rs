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
    let mut transfer = Transfer {
        socket,
        peer: server,
        answered: false,
        said,
        line,
        expected: 1,
        in_window: 0,
        complained: false,
        bytes: 0,
        size: None,
    };
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
    /// Blocks since the last acknowledgement.
    in_window: u16,
    /// The server knows of the gap before the expected block.
    complained: bool,
    bytes: u64,
    size: Option<u64>,
}

impl Transfer {
    async fn run(&mut self) -> Result<(), TftpError> {
        let mut packet = [0; BLOCK + 4];
        let mut silent = 0;
        loop {
            let Ok(received) = timeout(PATIENCE, self.socket.recv_from(&mut packet)).await else {
                silent += 1;
                if silent == TRIES {
                    return Err(TftpError::Silent);
                }
                self.say_again().await?;
                continue;
            };
            let (length, from) = received?;
            if (self.answered && from != self.peer) || self.line.dice.falls(self.line.loss) {
                continue;
            }
            (self.peer, self.answered, silent) = (from, true, 0);
            match &packet[..length] {
                [0, OACK, options @ ..] if self.bytes == 0 && self.expected == 1 => {
                    self.size = size_in(options);
                    self.acknowledge().await?;
                }
                [0, DATA, high, low, data @ ..] => {
                    let block = u16::from_be_bytes([*high, *low]);
                    if self.data(block, data).await? {
                        return Ok(());
                    }
                }
                [0, ERROR, _, _, words @ ..] => {
                    let words = String::from_utf8_lossy(words);
                    return Err(TftpError::Refused(words.trim_end_matches('\0').to_owned()));
                }
                [0, OACK, ..] => {}
                _ => return Err(TftpError::Nonsense),
            }
        }
    }

    /// A block came; true when it was the last.
    async fn data(&mut self, block: u16, data: &[u8]) -> Result<bool, TftpError> {
        if block == self.expected {
            self.bytes += data.len() as u64;
            self.expected = self.expected.wrapping_add(1);
            (self.in_window, self.complained) = (self.in_window + 1, false);
            let last = data.len() < BLOCK;
            if last || self.in_window == WINDOW {
                self.acknowledge().await?;
            }
            return Ok(last);
        }
        // The newest block once more: the server did not hear of it. Any other: there is a gap, and saying so once
        // is enough, or each answer would be answered (RFC 7440 §4, and the sorcerer's apprentice).
        if block == self.expected.wrapping_sub(1) || !std::mem::replace(&mut self.complained, true) {
            self.acknowledge().await?;
        }
        Ok(false)
    }

    async fn say_again(&mut self) -> Result<(), TftpError> {
        self.in_window = 0;
        self.socket.send_to(&self.said, self.peer).await?;
        Ok(())
    }

    /// Says up to where there is no gap; the server goes on behind it.
    async fn acknowledge(&mut self) -> Result<(), TftpError> {
        let [high, low] = self.expected.wrapping_sub(1).to_be_bytes();
        self.said = vec![0, ACK, high, low];
        self.say_again().await
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends `blocks` full blocks and a short one, leaves out what `loses` says the first time, and
    /// goes on behind each acknowledgement, or from there again when none comes.
    async fn serve(socket: UdpSocket, blocks: u16, mut lost: Vec<u16>) {
        let mut bytes = [0; 600];
        let (_, client) = socket.recv_from(&mut bytes).await.unwrap();
        let mut packet = b"\0\x06tsize\0".to_vec();
        packet.extend(format!("{}\0", usize::from(blocks) * BLOCK + 7).bytes());
        socket.send_to(&packet, client).await.unwrap();
        let mut acknowledged = 0;
        loop {
            if let Ok(heard) = timeout(Duration::from_millis(100), socket.recv_from(&mut bytes)).await {
                heard.unwrap();
                acknowledged = u16::from_be_bytes([bytes[2], bytes[3]]);
            }
            if acknowledged > blocks {
                return;
            }
            for block in acknowledged + 1..=(acknowledged + WINDOW).min(blocks + 1) {
                if let Some(place) = lost.iter().position(|lost| *lost == block) {
                    lost.remove(place);
                    continue;
                }
                let mut packet = vec![0, DATA];
                packet.extend(block.to_be_bytes());
                packet.resize(4 + if block > blocks { 7 } else { BLOCK }, 0);
                socket.send_to(&packet, client).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_file_comes_whole_whichever_blocks_are_lost() {
        for lost in [vec![], vec![1], vec![2, 2], vec![4], vec![3, 4, 5, 6, 7], vec![11], vec![10, 10, 11]] {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let server = socket.local_addr().unwrap();
            let serving = tokio::spawn(serve(socket, 10, lost.clone()));
            let line = Line { loss: 0.0, dice: Dice::new(1, 1) };
            assert_eq!(fetch(server, "loader", line).await.unwrap(), 10 * BLOCK as u64 + 7, "{lost:?}");
            serving.await.unwrap();
        }
    }
}
