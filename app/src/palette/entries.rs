//! What can be chosen.

use crate::helpdesk::api::Found;
use crate::parts::Icon;
use pitstop_domain::people::{Right, Subject, Who};

/// One thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub group: &'static str,
    pub words: String,
    /// What more is to be known of it.
    pub under: String,
    pub icon: Icon,
    /// The keys that do the same without the palette.
    pub keys: &'static [&'static str],
    pub act: Act,
}

/// What choosing does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Go(String),
    /// Presses the switch of the bar: `theme` or `density`, and its word. Without a word: the other one.
    Look(&'static str, &'static str),
    /// To the search field of this page.
    Search,
}

/// What is always there, as far as this person may.
pub fn fixed(who: &Who) -> Vec<Entry> {
    let whole = |right| who.may(right, &Subject::Installation).is_ok();
    let mut entries = pages();
    entries.extend(actions());
    let settings = [
        (
            whole(Right::EditImages),
            entry("Actions", "Add an image", "from here or an address", Icon::Disc, go("/images/new")),
        ),
        (true, entry("Settings", "All settings", "what is where", Icon::Keys, go("/settings"))),
        (true, entry("Settings", "Your account", "password, sessions", Icon::Keys, go("/account"))),
        (true, entry("Settings", "For programs", "REST API, OpenAPI", Icon::Keys, go("/settings/programs"))),
        (true, entry("Settings", "Tokens", "for programs", Icon::Keys, go("/settings/tokens"))),
        (
            whole(Right::ManagePeople),
            entry("Settings", "People", "invite, roles", Icon::Hand, go("/settings/people")),
        ),
        (
            whole(Right::ChangeSettings),
            entry(
                "Settings",
                "Symptoms",
                "what the help desk can press",
                Icon::Help,
                go("/settings/help-desk"),
            ),
        ),
        (
            whole(Right::ChangeSettings),
            entry("Settings", "Sites", "clocks, whom to call", Icon::Machine, go("/settings/sites")),
        ),
        (
            whole(Right::ChangeSettings),
            entry("Settings", "Signatures", "keys, images", Icon::Disc, go("/settings/signatures")),
        ),
        (whole(Right::ReadAudit), entry("Settings", "Audit", "who did what", Icon::Eye, go("/audit"))),
    ];
    entries.extend(settings.into_iter().filter_map(|(may, entry)| may.then_some(entry)));
    entries.extend(looks());
    entries
}

fn pages() -> Vec<Entry> {
    let page =
        |words: &str, icon, path: &str, keys| Entry { keys, ..entry("Pages", words, "", icon, go(path)) };
    vec![
        page("Fleet", Icon::Machine, "/", &["G", "F"]),
        page("Help desk", Icon::Help, "/helpdesk", &["G", "H"]),
        page("Jobs", Icon::Job, "/jobs", &["G", "J"]),
        page("Runs", Icon::Runs, "/runs", &["G", "R"]),
        page("Timetable", Icon::Clock, "/schedules", &["G", "T"]),
        page("Alarms", Icon::Bell, "/alarms", &["G", "A"]),
        page("Images", Icon::Disc, "/images", &["G", "I"]),
        page("Health", Icon::Pulse, "/health", &["G", "E"]),
        page("Functions", Icon::Wrench, "/functions", &["G", "U"]),
        page("Captures", Icon::Disc, "/captures", &["G", "C"]),
        page("Discovery", Icon::Search, "/discovery", &["G", "D"]),
    ]
}

fn actions() -> Vec<Entry> {
    let act = |words: &str, under: &str, icon, path: &str| entry("Actions", words, under, icon, go(path));
    vec![
        Entry { keys: &["/"], ..entry("Actions", "Search on this page", "", Icon::Search, Act::Search) },
        act("Repair a machine", "by a symptom", Icon::Wrench, "/helpdesk"),
        act("New run", "one function on many machines", Icon::Runs, "/runs/new"),
        act("New schedule", "one function again and again", Icon::Clock, "/schedules/new"),
        act("Windows and blackouts", "when nothing is started", Icon::Clock, "/schedules/times"),
        act("Health alerts", "acknowledge, approve, dismiss", Icon::Bell, "/health/alerts"),
        act("Health rules", "what starts by itself, brakes, the switch", Icon::Wrench, "/health/rules"),
        act("Machines that are held", "a person must decide", Icon::Hand, "/?q=state:held"),
        act("Machines that are silent", "", Icon::Quiet, "/?q=state:silent"),
        act("Jobs under way", "", Icon::Job, "/jobs?show=open"),
        act("Import machines", "a list as CSV", Icon::Machine, "/discovery/import"),
    ]
}

fn looks() -> Vec<Entry> {
    let look = |words: &str, under: &str, icon, act| entry("Look", words, under, icon, act);
    vec![
        look("Light theme", "", Icon::Sun, Act::Look("theme", "light")),
        look("Dark theme", "", Icon::Moon, Act::Look("theme", "dark")),
        look("Theme as the system has it", "", Icon::Screen, Act::Look("theme", "system")),
        look("More on a screen, or less", "density", Icon::Dense, Act::Look("density", "")),
        look("Style guide", "all parts of these pages", Icon::Keys, go("/styleguide")),
    ]
}

fn entry(group: &'static str, words: &str, under: &str, icon: Icon, act: Act) -> Entry {
    Entry { group, words: words.to_owned(), under: under.to_owned(), icon, keys: &[], act }
}

fn go(path: &str) -> Act {
    Act::Go(path.to_owned())
}

/// A machine that was found.
pub fn machine(found: &Found) -> Entry {
    Entry {
        group: "Machines",
        words: found.name.clone(),
        under: found.under(),
        icon: Icon::Machine,
        keys: &[],
        act: Act::Go(format!("/machines/{}", found.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::nav::KEYS;

    #[test]
    fn the_keys_of_a_page_are_those_that_the_palette_shows() {
        let shown: Vec<_> = pages()
            .into_iter()
            .map(|page| match page.act {
                Act::Go(path) => (page.keys[1].to_lowercase(), path),
                other => panic!("{other:?} is no page"),
            })
            .collect();
        let known: Vec<_> = KEYS.map(|(letter, path)| (letter.to_owned(), path.to_owned())).into();
        assert_eq!(shown, known);
    }
}
