//! In which order memory is written and read.

/// What is written or expected: the pattern's value, or its inverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    Pattern,
    Inverse,
}

impl Data {
    /// What to exclusive-or the pattern with.
    pub const fn mask(self) -> u64 {
        match self {
            Self::Pattern => 0,
            Self::Inverse => u64::MAX,
        }
    }
}

/// One sweep over all memory: read and compare each word, then write it, then go on to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// From the lowest address to the highest, or back.
    pub up: bool,
    pub read: Option<Data>,
    pub write: Option<Data>,
}

impl Step {
    /// Accesses to each word.
    pub const fn accesses(self) -> u64 {
        self.read.is_some() as u64 + self.write.is_some() as u64
    }
}

/// March C− (Marinescu 1982, van de Goor 1991): finds every stuck bit, every bit that cannot change, every fault of
/// the address lines, and every pair of cells of which one changes the other.
pub const MARCH: [Step; 6] = [
    Step { up: true, read: None, write: Some(Data::Pattern) },
    Step { up: true, read: Some(Data::Pattern), write: Some(Data::Inverse) },
    Step { up: true, read: Some(Data::Inverse), write: Some(Data::Pattern) },
    Step { up: false, read: Some(Data::Pattern), write: Some(Data::Inverse) },
    Step { up: false, read: Some(Data::Inverse), write: Some(Data::Pattern) },
    Step { up: true, read: Some(Data::Pattern), write: None },
];
