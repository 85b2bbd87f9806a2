//! Where one can go from everywhere.

use crate::parts::Icon;

/// A place in the navigation.
pub(crate) struct Place {
    pub href: &'static str,
    /// Pages below this are of the same place; empty: none.
    pub below: &'static str,
    pub words: &'static str,
    pub icon: Icon,
}

/// In the order in which they stand.
pub(crate) const PLACES: [Place; 5] = [
    Place { href: "/", below: "/machines", words: "Fleet", icon: Icon::Machine },
    Place { href: "/helpdesk", below: "/helpdesk/", words: "Help desk", icon: Icon::Help },
    Place { href: "/jobs", below: "/jobs", words: "Jobs", icon: Icon::Job },
    Place { href: "/runs", below: "/runs", words: "Runs", icon: Icon::Runs },
    Place { href: "/images", below: "/images", words: "Images", icon: Icon::Disc },
];
