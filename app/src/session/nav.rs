//! Where one can go from everywhere.

use crate::parts::Icon;

/// A place in the navigation.
pub(crate) struct Place {
    pub href: &'static str,
    /// Pages below this are of the same place; empty: none.
    pub below: &'static str,
    pub words: &'static str,
    pub icon: Icon,
    /// Its pages are documents without the program: the browser loads them.
    pub whole: bool,
}

/// What the browser loads, rather than going there within the program.
pub(crate) const SCHEDULES: &str = "/schedules";

/// In the order in which they stand.
pub(crate) const PLACES: [Place; 6] = [
    Place { href: "/", below: "/machines", words: "Fleet", icon: Icon::Machine, whole: false },
    Place { href: "/helpdesk", below: "/helpdesk/", words: "Help desk", icon: Icon::Help, whole: false },
    Place { href: "/jobs", below: "/jobs", words: "Jobs", icon: Icon::Job, whole: false },
    Place { href: "/runs", below: "/runs", words: "Runs", icon: Icon::Runs, whole: false },
    Place { href: SCHEDULES, below: SCHEDULES, words: "Timetable", icon: Icon::Clock, whole: true },
    Place { href: "/images", below: "/images", words: "Images", icon: Icon::Disc, whole: false },
];
