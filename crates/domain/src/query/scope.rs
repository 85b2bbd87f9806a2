//! What somebody may see at all: no search finds more.

use crate::machine::Machine;
use crate::people::Scope as Part;

/// A part of the fleet: all of it, or the machines that one of these parts covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(Option<Vec<Part>>);

impl Scope {
    /// Everything.
    pub const ALL: Self = Self(None);

    /// These parts together; `None`: everything.
    pub fn of(parts: Option<Vec<Part>>) -> Self {
        Self(parts)
    }

    /// The parts; `None`: everything.
    pub fn parts(&self) -> Option<&[Part]> {
        self.0.as_deref()
    }

    /// Is the machine within it?
    pub fn holds(&self, machine: &Machine) -> bool {
        self.covers(&machine.site, &machine.labels)
    }

    /// Is a machine at this site with these labels within it?
    pub fn covers(&self, site: &str, labels: &[String]) -> bool {
        self.parts().is_none_or(|parts| parts.iter().any(|part| part.covers(site, labels)))
    }
}
