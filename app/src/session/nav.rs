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

impl Place {
    /// Is the page with this path of it?
    pub fn has(&self, path: &str) -> bool {
        // How a machine does is reached from there, and leads back there.
        if path.ends_with("/health") {
            return self.href == "/health";
        }
        path == self.href || (!self.below.is_empty() && path.starts_with(self.below))
    }
}

/// G and a letter lead to a page.
pub(crate) const KEYS: [(&str, &str); 11] = [
    ("f", "/"),
    ("h", "/helpdesk"),
    ("j", "/jobs"),
    ("r", "/runs"),
    ("t", "/schedules"),
    ("a", "/alarms"),
    ("i", "/images"),
    ("e", "/health"),
    ("u", "/functions"),
    ("c", "/captures"),
    ("d", "/discovery"),
];

/// In the order in which they stand.
pub(crate) const PLACES: [Place; 7] = [
    Place { href: "/", below: "/machines", words: "Fleet", icon: Icon::Machine },
    Place { href: "/helpdesk", below: "/helpdesk/", words: "Help desk", icon: Icon::Help },
    Place { href: "/jobs", below: "/jobs", words: "Jobs", icon: Icon::Job },
    Place { href: "/runs", below: "/runs", words: "Runs", icon: Icon::Runs },
    Place { href: "/schedules", below: "/schedules", words: "Timetable", icon: Icon::Clock },
    Place { href: "/health", below: "/health", words: "Health", icon: Icon::Pulse },
    Place { href: "/images", below: "/images", words: "Images", icon: Icon::Disc },
];
