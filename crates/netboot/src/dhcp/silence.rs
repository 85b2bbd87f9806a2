//! Every reason not to answer. Silence is the safe answer on the wire: the machine boots its own system.

use super::packet::Malformed;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a packet is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    #[error("not a DHCP message: {0}")]
    Malformed(#[from] Malformed),
    #[error("it came in on an interface that is not served")]
    OtherInterface,
    #[error("it is a server's message, not a client's")]
    NotARequest,
    #[error("the client's hardware address is not Ethernet")]
    NotEthernet,
    /// It wants an address, or gives one back. That is the DHCP server's business.
    #[error("a message of type {0} is for the DHCP server")]
    ForTheDhcpServer(u8),
    #[error("the client does not boot: its vendor class is neither PXEClient nor HTTPClient")]
    NotABootClient,
    #[error("the client does not say its architecture (option 93)")]
    NoArchitecture,
    #[error("no boot image exists for {} (architecture {code})", super::platform::name(*code))]
    UnservedArchitecture { code: u16 },
    #[error("its request is for another boot server")]
    ForAnotherServer,
    #[error("no address is known to tell: the interface has none, and none is configured")]
    NoAddress,
    #[error("too many requests are being answered")]
    Busy,
    #[error("the directory of machines does not answer: {0}")]
    DirectoryUnavailable(String),
    #[error("the machine is unknown")]
    UnknownMachine,
    #[error("nothing is asked of the machine")]
    NoAssignment,
    /// It has nothing else to boot; somebody has to put the image into the catalog, or choose another.
    #[error("its own system, the image {image}, cannot be booted: {why}")]
    NoOwnImage { image: String, why: String },
    /// The machine was expected to boot otherwise: legacy boot of a UEFI machine, say.
    #[error("the image {image} does not start there: {why}")]
    ImageDoesNotFit { image: String, why: String },
    #[error("no loader is installed for it: one of {0:?} is needed")]
    NoLoader(&'static [&'static str]),
    #[error("the path or URL to tell is longer than the message has room for")]
    TooLong,
}

/// The reasons' names, as counted.
const NAMES: [&str; 18] = [
    "malformed",
    "not_a_request",
    "not_ethernet",
    "for_the_dhcp_server",
    "not_a_boot_client",
    "no_architecture",
    "unserved_architecture",
    "for_another_server",
    "no_address",
    "busy",
    "directory_unavailable",
    "unknown_machine",
    "no_assignment",
    "image_does_not_fit",
    "no_loader",
    "too_long",
    "other_interface",
    "no_own_image",
];

impl Silence {
    fn index(&self) -> usize {
        match self {
            Self::Malformed(_) => 0,
            Self::NotARequest => 1,
            Self::NotEthernet => 2,
            Self::ForTheDhcpServer(_) => 3,
            Self::NotABootClient => 4,
            Self::NoArchitecture => 5,
            Self::UnservedArchitecture { .. } => 6,
            Self::ForAnotherServer => 7,
            Self::NoAddress => 8,
            Self::Busy => 9,
            Self::DirectoryUnavailable(_) => 10,
            Self::UnknownMachine => 11,
            Self::NoAssignment => 12,
            Self::ImageDoesNotFit { .. } => 13,
            Self::NoLoader(_) => 14,
            Self::TooLong => 15,
            Self::OtherInterface => 16,
            Self::NoOwnImage { .. } => 17,
        }
    }

    /// The reason's name in counts and logs.
    pub fn name(&self) -> &'static str {
        NAMES[self.index()]
    }

    /// There was work for the machine, and yet it could not be told: somebody should look.
    pub fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::NoAddress
                | Self::Busy
                | Self::DirectoryUnavailable(_)
                | Self::ImageDoesNotFit { .. }
                | Self::NoOwnImage { .. }
                | Self::NoLoader(_)
                | Self::TooLong
        )
    }
}

/// How many packets came, were answered, and were not, by reason, since the start.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    answered: AtomicU64,
    /// An answer was made, and the network would not take it.
    unsent: AtomicU64,
    silences: [AtomicU64; NAMES.len()],
}

impl Counters {
    pub(crate) fn received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn unsent(&self) {
        self.unsent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn silent(&self, silence: &Silence) {
        self.silences[silence.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// All counts by name: `received`, `answered`, `unsent`, and each reason for silence.
    pub fn snapshot(&self) -> BTreeMap<&'static str, u64> {
        let named = NAMES.iter().copied().zip(&self.silences);
        let all = [("received", &self.received), ("answered", &self.answered), ("unsent", &self.unsent)];
        named.chain(all).map(|(name, count)| (name, count.load(Ordering::Relaxed))).collect()
    }
}
