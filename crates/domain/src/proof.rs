//! How sure we are that a machine is back. Always shown, never rounded up.

use serde::{Deserialize, Serialize};

/// The strength of a return proof, strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A person says that the machine is back.
    Person,
    /// It asked at boot, was told to use its own system, and did not ask again.
    Handoff,
    /// A configured probe answers after it went silent.
    Probe,
    /// The own system's agent reported a boot id not seen before the restart.
    Agent,
    /// Nothing was ever asked of the machine: it never left its own system.
    Untouched,
}

impl Proof {
    /// In words, for the page and the result card.
    pub fn words(self) -> &'static str {
        match self {
            Self::Person => "a person confirmed it",
            Self::Handoff => "it was sent to its own system and did not ask again",
            Self::Probe => "a probe answers again",
            Self::Agent => "its own system reported a new boot",
            Self::Untouched => "it never left its own system",
        }
    }
}
