//! A DHCP message, read and written (RFC 2131 §2, options RFC 2132).
//!
//! Our own, since firmware is less tidy than libraries expect: an option that is cut short must be noticed
//! rather than dropped, and options that nobody registered (175) must be kept as they came.

use super::option;
use std::net::Ipv4Addr;

/// The fixed part of a message, up to the options' magic cookie.
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Some clients and relays drop shorter messages (RFC 1542 §2.1: a BOOTP message is at least 300 bytes).
const SHORTEST: usize = 300;
const PAD: u8 = 0;
const END: u8 = 255;

/// A DHCP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// 1: to a server, 2: to a client.
    pub op: u8,
    pub htype: u8,
    pub hlen: u8,
    pub hops: u8,
    pub xid: u32,
    pub secs: u16,
    pub flags: u16,
    pub ciaddr: Ipv4Addr,
    pub yiaddr: Ipv4Addr,
    pub siaddr: Ipv4Addr,
    pub giaddr: Ipv4Addr,
    pub chaddr: [u8; 16],
    pub sname: [u8; 64],
    pub file: [u8; 128],
    pub options: Options,
}

/// Options in the order in which they came. What came in several pieces is one (RFC 3396).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Vec<(u8, Vec<u8>)>);

/// Why bytes are not a DHCP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it is shorter than a DHCP message")]
    Short,
    #[error("it has no DHCP options (BOOTP, or something else)")]
    NoCookie,
    #[error("option {0} is cut short")]
    CutOption(u8),
}

impl Options {
    /// The value of an option.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.0.iter().find(|(c, _)| *c == code).map(|(_, value)| value.as_slice())
    }

    /// Adds a piece of an option.
    pub fn push(&mut self, code: u8, value: &[u8]) {
        match self.0.iter_mut().find(|(c, _)| *c == code) {
            Some((_, so_far)) => so_far.extend_from_slice(value),
            None => self.0.push((code, value.to_vec())),
        }
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<(), Malformed> {
        while let Some((&code, rest)) = bytes.split_first() {
            match code {
                PAD => bytes = rest,
                END => break,
                _ => {
                    let (&length, rest) = rest.split_first().ok_or(Malformed::CutOption(code))?;
                    let value = rest.get(..usize::from(length)).ok_or(Malformed::CutOption(code))?;
                    self.push(code, value);
                    bytes = &rest[value.len()..];
                }
            }
        }
        Ok(())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        for (code, value) in &self.0 {
            let pieces = value.chunks(usize::from(u8::MAX));
            // `chunks` of an empty value has no piece, but an empty option has a meaning too.
            let pieces = if value.is_empty() { vec![value.as_slice()] } else { pieces.collect() };
            for piece in pieces {
                bytes.push(*code);
                bytes.push(u8::try_from(piece.len()).unwrap_or(u8::MAX));
                bytes.extend_from_slice(piece);
            }
        }
        bytes.push(END);
    }
}

impl Packet {
    /// Reads a message.
    ///
    /// # Errors
    /// When the bytes are not a whole DHCP message. A missing end option is forgiven, since some firmware
    /// forgets it; bytes after it are not looked at.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let fixed = bytes.first_chunk::<FIXED>().ok_or(Malformed::Short)?;
        let rest = &bytes[FIXED..];
        let options = rest.strip_prefix(&COOKIE).ok_or(Malformed::NoCookie)?;
        let mut packet = Self::read_fixed(fixed);
        packet.options.read(options)?;
        packet.read_overload()?;
        Ok(packet)
    }

    fn read_fixed(bytes: &[u8; FIXED]) -> Self {
        let address = |at: usize| Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
        Self {
            op: bytes[0],
            htype: bytes[1],
            hlen: bytes[2],
            hops: bytes[3],
            xid: u32::from_be_bytes(copy(bytes, 4)),
            secs: u16::from_be_bytes(copy(bytes, 8)),
            flags: u16::from_be_bytes(copy(bytes, 10)),
            ciaddr: address(12),
            yiaddr: address(16),
            siaddr: address(20),
            giaddr: address(24),
            chaddr: copy(bytes, 28),
            sname: copy(bytes, 44),
            file: copy(bytes, 108),
            options: Options::default(),
        }
    }

    /// Options may go on in `file` (1), `sname` (2) or both (3): RFC 2132 §9.3.
    fn read_overload(&mut self) -> Result<(), Malformed> {
        let overload =
            self.options.get(option::OVERLOAD).and_then(|value| value.first().copied()).unwrap_or(0);
        let (file, sname) = (self.file, self.sname);
        if overload & 1 != 0 {
            self.options.read(&file)?;
        }
        if overload & 2 != 0 {
            self.options.read(&sname)?;
        }
        Ok(())
    }

    /// Writes the message, padded to the length that old clients expect.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SHORTEST);
        bytes.extend([self.op, self.htype, self.hlen, self.hops]);
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend(self.secs.to_be_bytes());
        bytes.extend(self.flags.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            bytes.extend(address.octets());
        }
        bytes.extend(self.chaddr);
        bytes.extend(self.sname);
        bytes.extend(self.file);
        bytes.extend(COOKIE);
        self.options.write(&mut bytes);
        if bytes.len() < SHORTEST {
            bytes.resize(SHORTEST, PAD);
        }
        bytes
    }
}

/// `N` bytes from a place that the caller knows to be inside.
fn copy<const N: usize>(bytes: &[u8; FIXED], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Packet {
        let mut options = Options::default();
        options.push(option::MESSAGE_TYPE, &[1]);
        options.push(option::ETHERBOOT, &[1, 1, 1]);
        Packet {
            op: 1,
            htype: 1,
            hlen: 6,
            hops: 0,
            xid: 0x1234_5678,
            secs: 4,
            flags: 0x8000,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::new(10, 0, 0, 1),
            chaddr: [7; 16],
            sname: [0; 64],
            file: [0; 128],
            options,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Packet::read(&packet().write()), Ok(packet()));
        assert_eq!(packet().write().len(), SHORTEST);
    }

    #[test]
    fn a_long_option_travels_in_pieces() {
        let mut long = packet();
        long.options.push(option::VENDOR, &[9; 600]);
        assert_eq!(Packet::read(&long.write()), Ok(long));
    }

    #[test]
    fn options_go_on_in_the_file_and_server_name_fields() {
        let mut overloaded = packet();
        overloaded.options.push(option::OVERLOAD, &[3]);
        overloaded.file[..4].copy_from_slice(&[77, 2, b'i', b'P']);
        overloaded.sname[..4].copy_from_slice(&[77, 2, b'X', b'E']);
        let read = Packet::read(&overloaded.write()).unwrap();
        assert_eq!(read.options.get(option::USER_CLASS), Some(b"iPXE".as_slice()));
    }

    #[test]
    fn an_option_cut_short_is_noticed() {
        let mut bytes = packet().write();
        bytes.truncate(FIXED + 4);
        bytes.extend([option::ARCHITECTURE, 2, 0]);
        assert_eq!(Packet::read(&bytes), Err(Malformed::CutOption(93)));
        assert_eq!(Packet::read(&bytes[..100]), Err(Malformed::Short));
        assert_eq!(Packet::read(&bytes[..FIXED]), Err(Malformed::NoCookie));
    }

    #[test]
    fn a_missing_end_is_forgiven() {
        let mut bytes = packet().write();
        bytes.truncate(FIXED + 4 + 3);
        assert_eq!(Packet::read(&bytes).unwrap().options.get(53), Some([1].as_slice()));
    }
}
