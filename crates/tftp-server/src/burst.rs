//! Sending a window of blocks: one system call where the kernel cuts the packets (UDP GSO).

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::packet::{DATA_HEADER, encode_data};
use crate::window::wire_number;

/// The kernel cuts at most 64 segments (`UDP_MAX_SEGMENTS` of older kernels) ...
const MOST_SEGMENTS: usize = 64;
/// ... from one datagram of at most 65535 bytes, less the IP and UDP headers.
const MOST_BYTES: usize = 65_000;

/// Packets in a row, all but the last of one length.
#[derive(Debug)]
pub(crate) struct Burst {
    bytes: Vec<u8>,
    blksize: usize,
    /// Lowered for good when the kernel or the interface refuses.
    segments: bool,
}

impl Burst {
    pub(crate) fn new(blksize: u16) -> Self {
        Self { bytes: Vec::new(), blksize: blksize.into(), segments: true }
    }

    /// Sends `payload` as these blocks; a block for which no bytes are left is sent empty.
    pub(crate) async fn send(
        &mut self,
        socket: &UdpSocket,
        client: SocketAddr,
        blocks: std::ops::Range<u64>,
        payload: &[u8],
    ) -> io::Result<()> {
        self.bytes.clear();
        for (nth, block) in blocks.enumerate() {
            let from = (nth * self.blksize).min(payload.len());
            let to = (from + self.blksize).min(payload.len());
            encode_data(wire_number(block), &payload[from..to], &mut self.bytes);
        }
        let packet = self.blksize + DATA_HEADER;
        let together = (MOST_BYTES / packet).clamp(1, MOST_SEGMENTS) * packet;
        for stretch in self.bytes.chunks(together) {
            if self.segments && stretch.len() > packet {
                match send_segments(socket, client, stretch, packet).await {
                    Ok(()) => continue,
                    Err(error) if refuses_segments(&error) => self.segments = false,
                    Err(error) => return Err(error),
                }
            }
            for single in stretch.chunks(packet) {
                socket.send_to(single, client).await?;
            }
        }
        Ok(())
    }
}

async fn send_segments(
    socket: &UdpSocket,
    client: SocketAddr,
    bytes: &[u8],
    packet: usize,
) -> io::Result<()> {
    let Ok(length) = u16::try_from(packet) else { return Err(Errno::EMSGSIZE.into()) };
    let to = SockaddrStorage::from(client);
    let send = || {
        let control = [ControlMessage::UdpGsoSegments(&length)];
        let parts = [IoSlice::new(bytes)];
        sendmsg(socket.as_raw_fd(), &parts, &control, MsgFlags::MSG_DONTWAIT, Some(&to))?;
        Ok(())
    };
    socket.async_io(Interest::WRITABLE, send).await
}

/// Old kernels know no such message (EINVAL, ENOPROTOOPT), some interfaces cannot compute the
/// checksums (EIO), and a segment may not be longer than the path allows (EINVAL, EMSGSIZE).
fn refuses_segments(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(Errno::EINVAL | Errno::EIO | Errno::EMSGSIZE | Errno::EOPNOTSUPP | Errno::ENOPROTOOPT)
    )
}
