//! Where one can go from everywhere.

use crate::parts::Icon;

/// A place in the navigation.
pub(crate) struct Place {
    pub href: &'static str,
    /// Pages below this are of the same place; empty: none.
    pub below: &'static str,
    pub words: &'static str,
    pub icon: Icon,
    /// Its pages are documents of their own, which the browser loads.
    pub is_document: bool,
}

impl Place {
    /// Is the page with this path of it?
    pub fn has(&self, path: &str) -> bool {
        path == self.href || (!self.below.is_empty() && path.starts_with(self.below))
    }
}

/// Is the page with this path a document of its own?
pub(crate) fn is_document(path: &str) -> bool {
    let beside =
        ["/account", "/settings/", "/audit", "/functions"].iter().any(|below| path.starts_with(below));
    beside || PLACES.iter().any(|place| place.is_document && place.has(path))
}

/// G and a letter lead to a page.
pub(crate) const KEYS: [(&str, &str); 10] = [
    ("f", "/"),
    ("h", "/helpdesk"),
    ("j", "/jobs"),
    ("r", "/runs"),
    ("t", "/schedules"),
    ("a", "/alarms"),
    ("i", "/images"),
    ("e", "/health"),
    ("u", "/functions"),
    ("d", "/discovery"),
];

/// In the order in which they stand.
pub(crate) const PLACES: [Place; 7] = [
    Place { href: "/", below: "/machines", words: "Fleet", icon: Icon::Machine, is_document: false },
    Place {
        href: "/helpdesk",
        below: "/helpdesk/",
        words: "Help desk",
        icon: Icon::Help,
        is_document: false,
    },
    Place { href: "/jobs", below: "/jobs", words: "Jobs", icon: Icon::Job, is_document: false },
    Place { href: "/runs", below: "/runs", words: "Runs", icon: Icon::Runs, is_document: false },
    Place {
        href: "/schedules",
        below: "/schedules",
        words: "Timetable",
        icon: Icon::Clock,
        is_document: true,
    },
    Place { href: "/health", below: "/health", words: "Health", icon: Icon::Pulse, is_document: true },
    Place { href: "/images", below: "/images", words: "Images", icon: Icon::Disc, is_document: true },
];
