//! What somebody may see at all: no search finds more.

use crate::machine::Machine;

/// A part of the fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Only machines at one of these sites, as they are spelled. `None`: at all sites.
    pub sites: Option<Vec<String>>,
    /// Only machines with one of these labels. `None`: with any and with none.
    pub labels: Option<Vec<String>>,
}

impl Scope {
    /// Everything.
    pub const ALL: Self = Self { sites: None, labels: None };

    /// Is the machine within it? Both must hold.
    pub fn holds(&self, machine: &Machine) -> bool {
        let site = self.sites.as_ref().is_none_or(|sites| sites.contains(&machine.site));
        let has = |labels: &Vec<String>| machine.labels.iter().any(|label| labels.contains(label));
        site && self.labels.as_ref().is_none_or(has)
    }
}
