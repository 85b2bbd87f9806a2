//! The order in which machines are listed.

use serde::{Deserialize, Serialize};

/// What they stand by. The name decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    #[default]
    Site,
    Name,
    Model,
    /// Those that want attention first.
    State,
    /// Those seen last first.
    Seen,
}

/// An order, as the address of a list says it: `name`, `-name`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    pub by: By,
    /// The other way round.
    pub down: bool,
}

impl By {
    pub const ALL: [Self; 5] = [Self::Site, Self::Name, Self::Model, Self::State, Self::Seen];

    /// The word in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Name => "name",
            Self::Model => "model",
            Self::State => "state",
            Self::Seen => "seen",
        }
    }
}

impl Sort {
    /// The order of this word; what is not understood is the usual one.
    pub fn read(word: &str) -> Self {
        let (down, word) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
        let by = By::ALL.into_iter().find(|by| by.name() == word);
        by.map_or(Self::default(), |by| Self { by, down })
    }

    /// The word in addresses; nothing for the usual order.
    pub fn word(self) -> String {
        match self == Self::default() {
            true => String::new(),
            false => format!("{}{}", if self.down { "-" } else { "" }, self.by.name()),
        }
    }

    /// The order that the head of a column leads to.
    pub fn pressed(self, by: By) -> Self {
        Self { by, down: self.by == by && !self.down }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for by in By::ALL {
            for down in [false, true] {
                let sort = Sort { by, down };
                assert_eq!(Sort::read(&sort.word()), sort);
            }
        }
        assert_eq!(Sort::read("colour"), Sort::default());
        assert_eq!(Sort::default().pressed(By::Site).word(), "-site");
    }
}
