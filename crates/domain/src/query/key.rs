//! The keys that stand before a colon.

/// A place where a value is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Name,
    Site,
    Room,
    Label,
    Model,
    Serial,
    Asset,
    User,
    Mac,
    Ip,
    State,
    Arch,
    Firmware,
    Seen,
    Health,
}

impl Key {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 15] = [
        Self::Site,
        Self::Label,
        Self::State,
        Self::Model,
        Self::Seen,
        Self::Health,
        Self::Room,
        Self::User,
        Self::Name,
        Self::Asset,
        Self::Serial,
        Self::Mac,
        Self::Ip,
        Self::Arch,
        Self::Firmware,
    ];

    /// The word before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Site => "site",
            Self::Room => "room",
            Self::Label => "label",
            Self::Model => "model",
            Self::Serial => "serial",
            Self::Asset => "asset",
            Self::User => "user",
            Self::Mac => "mac",
            Self::Ip => "ip",
            Self::State => "state",
            Self::Arch => "arch",
            Self::Firmware => "firmware",
            Self::Seen => "seen",
            Self::Health => "health",
        }
    }

    /// The key of this word, whatever its case.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name().eq_ignore_ascii_case(word))
    }

    /// An example of its use, for people.
    pub fn example(self) -> &'static str {
        match self {
            Self::Name => "name:pc-0*",
            Self::Site => "site:berlin,hamburg",
            Self::Room => "room:2.14",
            Self::Label => "label:lab",
            Self::Model => "model:\"OptiPlex 7090\"",
            Self::Serial => "serial:7X0",
            Self::Asset => "asset:A-1",
            Self::User => "user:smith",
            Self::Mac => "mac:52:54:00",
            Self::Ip => "ip:10.77.*",
            Self::State => "state:held",
            Self::Arch => "arch:arm64",
            Self::Firmware => "firmware:uefi",
            Self::Seen => "seen<1h",
            Self::Health => "health<60",
        }
    }

    /// The sign that a value of it is usually behind.
    pub(super) fn sign(self, value: &str) -> char {
        match self {
            Self::Seen if value != "never" => '<',
            Self::Health if value != "none" => '<',
            _ => ':',
        }
    }

    /// Is a value the whole of what it is compared with? Else it may stand anywhere in it.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Site | Self::Room | Self::Label | Self::Ip)
    }
}
