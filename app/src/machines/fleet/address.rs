//! What the address of the fleet's page says: `/?q=site:berlin&sort=-seen&view=grid&group=label&page=2`.

use pitstop_domain::query::{Group, Key, Sort, edit};
use pitstop_domain::state::MachineState;
use serde::{Deserialize, Serialize};

/// Rows in one window of the list.
pub const PAGE: usize = 100;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FleetQuery {
    /// The words, as typed.
    pub q: String,
    /// Counts from 1; 0 is the first too.
    pub page: u32,
    pub sort: Sort,
    pub view: View,
    pub group: Group,
}

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    #[default]
    Both,
    Grid,
    Table,
}

impl View {
    pub const ALL: [Self; 3] = [Self::Both, Self::Grid, Self::Table];

    /// The word in addresses; nothing for the usual view.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::Grid => "grid",
            Self::Table => "table",
        }
    }

    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Both => "Grid and list",
            Self::Grid => "Grid",
            Self::Table => "List",
        }
    }

    /// The view of this word; what is not understood is the usual one.
    pub fn read(word: &str) -> Self {
        Self::ALL.into_iter().find(|view| view.name() == word).unwrap_or_default()
    }
}

impl FleetQuery {
    /// All machines that these words find.
    pub fn of(q: &str) -> Self {
        Self { q: q.to_owned(), ..Self::default() }
    }

    /// The query of an address.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let word = |name: &str| get(name).unwrap_or_default();
        Self {
            q: word("q"),
            page: word("page").parse().unwrap_or_default(),
            sort: Sort::read(&word("sort")),
            view: View::read(&word("view")),
            group: Group::read(&word("group")),
        }
    }

    /// Rows before the window.
    pub fn offset(&self) -> usize {
        (self.page.max(1) as usize - 1) * PAGE
    }

    /// The address of the page that shows this query.
    pub fn href(&self) -> String {
        let group = if self.group == Group::default() { "" } else { self.group.name() };
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let sort = self.sort.word();
        let parts = [
            ("q", self.q.trim()),
            ("sort", &sort),
            ("view", self.view.name()),
            ("group", group),
            ("page", &page),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
    }

    /// With other words, from the first page on.
    pub fn with(&self, q: String) -> Self {
        Self { q, page: 0, ..self.clone() }
    }

    /// Only this state, or no longer only this state.
    pub fn toggle_state(&self, state: MachineState) -> Self {
        self.with(edit::toggle_state(&self.q, state))
    }

    /// Only this group of what it shows.
    pub fn within(&self, value: Option<&str>) -> Self {
        self.with(edit::within(&self.q, self.group.key(), value))
    }

    /// The group that a drill-down goes on by: what is in one site is put together by room, and so on.
    pub fn into_group(&self, value: Option<&str>) -> Self {
        let group = if self.group == Group::Site { Group::Room } else { self.group };
        Self { group, ..self.within(value) }
    }

    /// The address where something is done with machines that these words find.
    pub fn act_href(q: &str) -> String {
        if q.trim().is_empty() { "/act".to_owned() } else { format!("/act?q={}", encode(q.trim())) }
    }

    /// The words for machines of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
        edit::exactly(Key::Name, names)
    }
}

/// Percent-encoding for a query's value (RFC 3986, unreserved characters stay).
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b',' => {
                (b as char).to_string()
            }
            b' ' => "+".to_owned(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::query::sort::By;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let query = FleetQuery {
            q: "lab seen<1h".to_owned(),
            page: 3,
            sort: Sort { by: By::Seen, down: true },
            view: View::Grid,
            group: Group::Label,
        };
        assert_eq!(query.href(), "/?q=lab+seen%3C1h&sort=-seen&view=grid&group=label&page=3");
        let get = |name: &str| match name {
            "q" => Some("lab seen<1h".to_owned()),
            "sort" => Some("-seen".to_owned()),
            "view" => Some("grid".to_owned()),
            "group" => Some("label".to_owned()),
            "page" => Some("3".to_owned()),
            _ => None,
        };
        assert_eq!(FleetQuery::read(get), query);
        assert_eq!(FleetQuery::read(|_| None).href(), "/");
    }

    #[test]
    fn a_state_is_put_into_the_words_and_taken_out_again() {
        let all = FleetQuery { page: 3, ..FleetQuery::of("lab") };
        let held = all.toggle_state(MachineState::Held);
        assert_eq!(held.href(), "/?q=lab+state:held");
        assert_eq!(held.toggle_state(MachineState::Held).href(), "/?q=lab");
    }

    #[test]
    fn machines_that_were_chosen_are_words_too() {
        assert_eq!(
            FleetQuery::act_href(&FleetQuery::named(["pc-1", "pc 2"])),
            "/act?q=name%3Dpc-1,%22pc+2%22"
        );
    }
}
