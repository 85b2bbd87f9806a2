//! What a caller learns of each transfer.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::refusal::{ErrorCode, Refusal};

/// One transfer, from its request to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Counts up within one server.
    pub number: u64,
    /// Who asked.
    pub client: SocketAddr,
    /// The server's address that was asked.
    pub local: IpAddr,
    /// The name as asked for.
    pub name: String,
    /// Length of the content in bytes; none where the request was refused.
    pub size: Option<u64>,
    /// Bytes a block.
    pub blksize: u16,
    /// Blocks a window.
    pub windowsize: u16,
}

/// How a transfer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The client acknowledged the last block.
    Done,
    /// The client only wanted to know the size, and said so by an ERROR in answer to the OACK.
    SizeAsked,
    /// The client sent an ERROR.
    ClientAborted { code: ErrorCode, message: String },
    /// The client fell silent.
    TimedOut,
    /// The handler refused.
    Refused(Refusal),
    /// The client asked for something else from the same port.
    Replaced,
    /// The server was stopped.
    Stopped,
    /// The server could not read the content or use the network.
    Failed(String),
}

impl End {
    /// Whether the client got what it wanted.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Done | Self::SizeAsked)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::SizeAsked => f.write_str("only the size was wanted"),
            Self::ClientAborted { code, message } => {
                write!(f, "the client ended it with {code}: {message:?}")
            }
            Self::TimedOut => f.write_str("the client fell silent"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Replaced => f.write_str("the client asked for something else"),
            Self::Stopped => f.write_str("the server was stopped"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// The account of an ended transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// Bytes the client acknowledged.
    pub acknowledged: u64,
    /// Blocks sent more than once.
    pub repeated: u64,
    /// From the start of the transfer (not of its waiting) to its end.
    pub took: Duration,
}

/// Told about transfers as they go. Called from within the transfer, so it must not block.
pub trait Observer: Send + Sync + 'static {
    /// Content was found and the first packet is about to be sent.
    fn started(&self, transfer: &Transfer) {
        let _ = transfer;
    }

    /// The client acknowledged `bytes` so far; the total is `transfer.size`.
    fn acknowledged(&self, transfer: &Transfer, bytes: u64) {
        let _ = (transfer, bytes);
    }

    /// The transfer ended. Called exactly once a transfer, also for refused ones.
    fn ended(&self, transfer: &Transfer, report: &Report) {
        let _ = (transfer, report);
    }
}

/// Observes nothing.
impl Observer for () {}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn started(&self, transfer: &Transfer) {
        self.as_ref().started(transfer);
    }

    fn acknowledged(&self, transfer: &Transfer, bytes: u64) {
        self.as_ref().acknowledged(transfer, bytes);
    }

    fn ended(&self, transfer: &Transfer, report: &Report) {
        self.as_ref().ended(transfer, report);
    }
}
