//! What machines are put together by.

use super::Key;
use serde::{Deserialize, Serialize};

/// A machine stands with its site, its room, each of its labels, or its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    #[default]
    Site,
    Room,
    Label,
    Model,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Site, Self::Room, Self::Label, Self::Model];

    /// The key of a search that finds one group.
    pub fn key(self) -> Key {
        match self {
            Self::Site => Key::Site,
            Self::Room => Key::Room,
            Self::Label => Key::Label,
            Self::Model => Key::Model,
        }
    }

    /// The word in addresses.
    pub fn name(self) -> &'static str {
        self.key().name()
    }

    /// The group of this word; what is not understood is the usual one.
    pub fn read(word: &str) -> Self {
        Self::ALL.into_iter().find(|group| group.name() == word).unwrap_or_default()
    }

    /// The words for machines that are in none.
    pub fn none(self) -> &'static str {
        match self {
            Self::Site => "no site",
            Self::Room => "no room",
            Self::Label => "no label",
            Self::Model => "model not known",
        }
    }
}
