//! What can be chosen, and which of it fits what was typed. Pure.

use crate::helpdesk::api::Found;
use crate::parts::Icon;
use crate::session::theme::Theme;

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
    /// To a page that is not of this program.
    Load(&'static str),
    Theme(Option<Theme>),
    /// Comfortable becomes compact, and the other way round.
    Density,
    /// To the search field of this page.
    Search,
}

/// A page: its address, its name, its drawing, and the letter that follows G. Also used by the keys.
pub const PAGES: [(&str, &str, Icon, &str); 9] = [
    ("/", "Fleet", Icon::Machine, "F"),
    ("/helpdesk", "Help desk", Icon::Help, "H"),
    ("/jobs", "Jobs", Icon::Job, "J"),
    ("/runs", "Runs", Icon::Runs, "R"),
    ("/schedules", "Timetable", Icon::Clock, "T"),
    ("/alarms", "Alarms", Icon::Bell, "A"),
    ("/images", "Images", Icon::Disc, "I"),
    ("/health", "Health", Icon::Pulse, "E"),
    ("/discovery", "Discovery", Icon::Search, "D"),
];

const KEYS: [&[&str]; 9] = [
    &["G", "F"],
    &["G", "H"],
    &["G", "J"],
    &["G", "R"],
    &["G", "T"],
    &["G", "A"],
    &["G", "I"],
    &["G", "E"],
    &["G", "D"],
];

/// Everything that is always there.
pub fn fixed() -> Vec<Entry> {
    let entry = |group, words: &str, under: &str, icon, keys, act| Entry {
        group,
        words: words.to_owned(),
        under: under.to_owned(),
        icon,
        keys,
        act,
    };
    let go = |path: &str| Act::Go(path.to_owned());
    let mut entries: Vec<_> = PAGES
        .into_iter()
        .zip(KEYS)
        .map(|((path, words, icon, _), keys)| entry("Pages", words, "", icon, keys, go(path)))
        .collect();
    entries.extend([
        entry("Actions", "Search on this page", "", Icon::Search, &["/"], Act::Search),
        entry("Actions", "Repair a machine", "by a symptom", Icon::Wrench, &[], go("/helpdesk")),
        entry("Actions", "New run", "one function on many machines", Icon::Runs, &[], go("/runs/new")),
        entry(
            "Actions",
            "Machines that are held",
            "a person must decide",
            Icon::Hand,
            &[],
            go("/?q=state:held"),
        ),
        entry("Actions", "Machines that are silent", "", Icon::Quiet, &[], go("/?q=state:silent")),
        entry("Actions", "Jobs under way", "", Icon::Job, &[], go("/jobs?show=open")),
        entry("Actions", "Import machines", "a list as CSV", Icon::Machine, &[], go("/discovery/import")),
        entry(
            "Actions",
            "Health alerts",
            "acknowledge, approve, dismiss",
            Icon::Bell,
            &[],
            Act::Load("/health/alerts"),
        ),
        entry(
            "Actions",
            "Health rules",
            "what starts by itself, brakes, the switch",
            Icon::Wrench,
            &[],
            Act::Load("/health/rules"),
        ),
        entry("Settings", "Your account", "password, sessions", Icon::Keys, &[], Act::Load("/account")),
        entry("Settings", "Tokens", "for programs", Icon::Keys, &[], Act::Load("/settings/tokens")),
        entry("Settings", "People", "invite, roles", Icon::Hand, &[], Act::Load("/settings/people")),
        entry(
            "Settings",
            "Symptoms",
            "what the help desk can press",
            Icon::Help,
            &[],
            Act::Load("/settings/help-desk"),
        ),
        entry("Settings", "Audit", "who did what", Icon::Eye, &[], Act::Load("/audit")),
        entry("Look", "Light theme", "", Icon::Sun, &[], Act::Theme(Some(Theme::Light))),
        entry("Look", "Dark theme", "", Icon::Moon, &[], Act::Theme(Some(Theme::Dark))),
        entry("Look", "Theme as the system has it", "", Icon::Screen, &[], Act::Theme(None)),
        entry("Look", "More on a screen, or less", "density", Icon::Dense, &[], Act::Density),
        entry("Look", "Style guide", "all parts of these pages", Icon::Keys, &[], go("/styleguide")),
    ]);
    entries
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

/// Those in which every word that was typed begins a word; first those that begin with what was typed.
pub fn fitting(entries: Vec<Entry>, typed: &str) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase();
    let wanted: Vec<_> = typed.split_whitespace().collect();
    let fits = |entry: &Entry| {
        let text = format!("{} {} {}", entry.words, entry.under, entry.group).to_lowercase();
        wanted.iter().all(|wanted| text.split_whitespace().any(|word| word.starts_with(wanted)))
    };
    let mut entries: Vec<_> = entries.into_iter().filter(fits).collect();
    if !typed.is_empty() {
        entries.sort_by_key(|entry| !entry.words.to_lowercase().starts_with(&typed));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<String> {
        fitting(fixed(), typed).into_iter().map(|entry| entry.words).collect()
    }

    #[test]
    fn nothing_typed_shows_everything() {
        assert_eq!(words("").len(), fixed().len());
    }

    #[test]
    fn what_begins_with_the_letters_comes_first() {
        assert_eq!(words("dark"), ["Dark theme"]);
        assert_eq!(words("r")[0], "Runs");
        assert_eq!(words("held mach"), ["Machines that are held"]);
        assert!(words("xyz").is_empty());
    }

    #[test]
    fn the_keys_of_a_page_are_those_that_the_palette_shows() {
        for ((_, _, _, letter), keys) in PAGES.into_iter().zip(KEYS) {
            assert_eq!(keys, ["G", letter]);
        }
    }
}
