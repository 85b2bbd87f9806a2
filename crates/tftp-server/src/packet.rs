//! The packets of RFC 1350 and RFC 2347, as values.

use crate::refusal::{ErrorCode, Refusal};

const RRQ: u16 = 1;
const WRQ: u16 = 2;
const DATA: u16 = 3;
const ACK: u16 = 4;
const ERROR: u16 = 5;
const OACK: u16 = 6;

/// Bytes before the payload of a DATA packet: operation and block number.
pub(crate) const DATA_HEADER: usize = 4;

/// One TFTP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// RRQ: the client wants a file.
    Read(Asked),
    /// WRQ: the client wants to store a file.
    Write(Asked),
    /// DATA: one block.
    Data { block: u16, payload: Vec<u8> },
    /// ACK: everything up to this block arrived.
    Ack(u16),
    /// ERROR: the sender has ended the transfer.
    Error { code: ErrorCode, message: String },
    /// OACK: the options the server agrees to (RFC 2347).
    OptionAck(Vec<(String, String)>),
}

/// What a read or write request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The file name, as sent.
    pub name: String,
    /// The transfer mode, as sent: `octet`, `netascii` or `mail`, in any case.
    pub mode: String,
    /// The options in the order they were sent.
    pub options: Vec<(String, String)>,
}

/// Why bytes are not a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Fewer bytes than the operation needs.
    #[error("the packet is shorter than its operation needs")]
    Short,
    /// An operation number nobody defined.
    #[error("operation {0} is not one of TFTP's")]
    Operation(u16),
    /// A name, mode or value without its closing NUL.
    #[error("a text in the packet has no end")]
    Text,
}

impl Packet {
    /// Reads a packet.
    ///
    /// Lenient where firmware is careless and nothing is lost by it: padding after the options
    /// and an option without a value are passed over, and an ERROR's text need not end.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no TFTP packet.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (operation, rest) = split_u16(bytes)?;
        match operation {
            RRQ => Ok(Self::Read(Asked::decode(rest)?)),
            WRQ => Ok(Self::Write(Asked::decode(rest)?)),
            DATA => split_u16(rest).map(|(block, payload)| Self::Data { block, payload: payload.to_vec() }),
            ACK => split_u16(rest).map(|(block, _)| Self::Ack(block)),
            ERROR => {
                let (code, rest) = split_u16(rest)?;
                let text = rest.split(|byte| *byte == 0).next().unwrap_or_default();
                Ok(Self::Error { code: code.into(), message: String::from_utf8_lossy(text).into_owned() })
            }
            OACK => Ok(Self::OptionAck(decode_options(rest))),
            other => Err(Malformed::Operation(other)),
        }
    }

    /// Writes the packet.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Read(asked) => asked.encode(RRQ, &mut bytes),
            Self::Write(asked) => asked.encode(WRQ, &mut bytes),
            Self::Data { block, payload } => encode_data(*block, payload, &mut bytes),
            Self::Ack(block) => {
                put_u16(ACK, &mut bytes);
                put_u16(*block, &mut bytes);
            }
            Self::Error { code, message } => {
                put_u16(ERROR, &mut bytes);
                put_u16(code.number(), &mut bytes);
                put_text(message, &mut bytes);
            }
            Self::OptionAck(options) => {
                put_u16(OACK, &mut bytes);
                encode_options(options, &mut bytes);
            }
        }
        bytes
    }
}

impl From<&Refusal> for Packet {
    fn from(refusal: &Refusal) -> Self {
        Self::Error { code: refusal.code, message: refusal.message.clone() }
    }
}

impl Asked {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (name, rest) = split_text(bytes).ok_or(Malformed::Text)?;
        let (mode, rest) = split_text(rest).ok_or(Malformed::Text)?;
        Ok(Self { name: decode_name(name), mode: lossy(mode), options: decode_options(rest) })
    }

    fn encode(&self, operation: u16, bytes: &mut Vec<u8>) {
        put_u16(operation, bytes);
        put_text(&self.name, bytes);
        put_text(&self.mode, bytes);
        encode_options(&self.options, bytes);
    }
}

/// Appends a DATA packet; the hot path, hence without a [`Packet`] in between.
pub(crate) fn encode_data(block: u16, payload: &[u8], bytes: &mut Vec<u8>) {
    put_u16(DATA, bytes);
    put_u16(block, bytes);
    bytes.extend_from_slice(payload);
}

/// Some PXE firmware takes the file name from its DHCP answer together with the 0xFF that ends
/// the options there, and asks for a name that no server has.
fn decode_name(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|byte| *byte != 0xFF).map_or(0, |last| last + 1);
    lossy(&bytes[..end])
}

fn decode_options(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut options = Vec::new();
    while let Some((name, rest)) = split_text(bytes) {
        let Some((value, rest)) = split_text(rest) else { break };
        if name.is_empty() {
            break;
        }
        options.push((lossy(name), lossy(value)));
        bytes = rest;
    }
    options
}

fn encode_options(options: &[(String, String)], bytes: &mut Vec<u8>) {
    for (name, value) in options {
        put_text(name, bytes);
        put_text(value, bytes);
    }
}

fn split_u16(bytes: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let (number, rest) = bytes.split_first_chunk::<2>().ok_or(Malformed::Short)?;
    Ok((u16::from_be_bytes(*number), rest))
}

fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn put_u16(number: u16, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

/// A NUL inside would end the text early and make the rest an option of its own: it is left out.
fn put_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend(text.bytes().filter(|byte| *byte != 0));
    bytes.push(0);
}
