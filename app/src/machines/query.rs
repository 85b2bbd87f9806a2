//! The words people filter the fleet with: `site:berlin label:lab state:held model:"OptiPlex 7090" pc-04`.

use super::api::{Fleet, MachineRow, MachineState};
use super::map;
use pitstop_domain::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows in one window of the list.
pub const PAGE: usize = 100;

/// What the address of the fleet page says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FleetQuery {
    /// The words, as typed.
    pub q: String,
    /// Counts from 1; 0 is the first too.
    pub page: u32,
}

/// One word of a filter. All must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Site(String),
    Label(String),
    State(String),
    Model(String),
    Arch(String),
    Firmware(String),
    /// Anywhere in what names the machine.
    Text(String),
}

impl FleetQuery {
    /// The query of an address: `q` and `page`.
    pub fn new(q: Option<String>, page: Option<String>) -> Self {
        Self { q: q.unwrap_or_default(), page: page.and_then(|p| p.parse().ok()).unwrap_or_default() }
    }

    /// Does the row match all words?
    pub fn matches(&self, row: &MachineRow) -> bool {
        terms(&self.q).iter().all(|term| term.holds(row))
    }

    /// Rows before the window.
    pub fn offset(&self) -> usize {
        (self.page.max(1) as usize - 1) * PAGE
    }

    /// The address of the page that shows this query.
    pub fn href(&self) -> String {
        let mut parts = Vec::new();
        if !self.q.trim().is_empty() {
            parts.push(format!("q={}", encode(self.q.trim())));
        }
        if self.page > 1 {
            parts.push(format!("page={}", self.page));
        }
        if parts.is_empty() { "/".to_owned() } else { format!("/?{}", parts.join("&")) }
    }

    /// The query that shows only this state, or no longer only this state.
    pub fn toggle_state(&self, state: MachineState) -> Self {
        let word = format!("state:{}", state.name());
        let others: Vec<_> = split(&self.q).into_iter().filter(|w| !w.starts_with("state:")).collect();
        let had = split(&self.q).contains(&word);
        let words = if had { others } else { others.into_iter().chain([word]).collect() };
        Self { q: words.join(" "), page: 0 }
    }

    /// The query that shows only this site of what it shows.
    pub fn within_site(&self, site: &str) -> Self {
        let others = split(&self.q).into_iter().filter(|w| !w.starts_with("site:"));
        let words: Vec<_> = others.chain([format!("site:\"{site}\"")]).collect();
        Self { q: words.join(" "), page: 0 }
    }

    /// Is the fleet narrowed to this state?
    pub fn has_state(&self, state: MachineState) -> bool {
        split(&self.q).contains(&format!("state:{}", state.name()))
    }

    /// The window that this query shows of all rows, which stand by site and name.
    pub fn window(&self, mut rows: Vec<MachineRow>, asked_at: Time) -> Fleet {
        rows.sort_by(|a, b| (&a.site, &a.name).cmp(&(&b.site, &b.name)));
        let total = rows.len() as u64;
        let mut states = BTreeMap::new();
        for row in &rows {
            *states.entry(row.state).or_default() += 1;
        }
        rows.retain(|row| self.matches(row));
        let matching = rows.len() as u64;
        let map = map::sites(&rows);
        let rows = rows.into_iter().skip(self.offset()).take(PAGE).collect();
        Fleet { asked_at, total, matching, states, rows, map }
    }
}

impl Term {
    fn holds(&self, row: &MachineRow) -> bool {
        let model = || row.model.as_deref().unwrap_or_default();
        match self {
            Self::Site(s) => row.site.to_lowercase() == *s,
            Self::Label(l) => row.labels.iter().any(|label| label.to_lowercase() == *l),
            Self::State(s) => row.state.name() == s,
            Self::Model(m) => has(model(), m),
            Self::Arch(a) => row.arch.to_string() == *a,
            Self::Firmware(f) => row.firmware.to_string().to_lowercase() == *f,
            Self::Text(t) => {
                has(&row.name, t)
                    || has(&row.site, t)
                    || has(model(), t)
                    || row.labels.iter().any(|label| has(label, t))
                    || row.id.to_string().starts_with(t.as_str())
            }
        }
    }
}

fn has(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part)
}

fn terms(q: &str) -> Vec<Term> {
    split(&q.to_lowercase()).into_iter().map(|word| term(&word)).collect()
}

fn term(word: &str) -> Term {
    let text = || Term::Text(unquoted(word));
    let Some((key, value)) = word.split_once(':') else { return text() };
    let value = unquoted(value);
    match key {
        "site" => Term::Site(value),
        "label" => Term::Label(value),
        "state" => Term::State(value),
        "model" => Term::Model(value),
        "arch" => Term::Arch(value),
        "firmware" => Term::Firmware(value),
        // A MAC address has colons too.
        _ => text(),
    }
}

fn unquoted(word: &str) -> String {
    word.replace('"', "")
}

/// Words by white space, where quotes hold words together.
fn split(q: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in q.chars() {
        quoted ^= c == '"';
        match (c.is_whitespace() && !quoted, words.last_mut()) {
            (true, _) => words.push(String::new()),
            (false, Some(word)) => word.push(c),
            (false, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Percent-encoding for a query's value (RFC 3986, unreserved characters stay).
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
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
    use pitstop_domain::id::MachineId;
    use pitstop_domain::machine::{Arch, Firmware};
    use uuid::Uuid;

    fn row(name: &str, site: &str, state: MachineState) -> MachineRow {
        MachineRow {
            id: MachineId(Uuid::from_u128(7)),
            name: name.to_owned(),
            site: site.to_owned(),
            labels: vec!["lab".to_owned()],
            model: Some("OptiPlex 7090".to_owned()),
            arch: Arch::X86_64,
            firmware: Firmware::Uefi,
            state,
            last_seen: None,
            job: None,
        }
    }

    fn matches(q: &str) -> bool {
        FleetQuery { q: q.to_owned(), page: 0 }.matches(&row("pc-04", "Berlin", MachineState::Held))
    }

    #[test]
    fn every_word_must_hold() {
        assert!(matches(""));
        assert!(matches("site:berlin label:lab state:held firmware:uefi arch:x86-64 PC-0"));
        assert!(!matches("site:berlin state:own"));
    }

    #[test]
    fn quotes_hold_words_together() {
        assert!(matches("model:\"optiplex 7090\""));
        assert!(matches("\"OptiPlex 7090\""));
        assert!(!matches("\"7090 OptiPlex\""));
        assert!(matches("7090 OptiPlex"));
    }

    #[test]
    fn a_state_is_put_into_the_words_and_taken_out_again() {
        let all = FleetQuery { q: "lab".to_owned(), page: 3 };
        let held = all.toggle_state(MachineState::Held);
        assert_eq!(held.href(), "/?q=lab+state:held");
        assert_eq!(held.toggle_state(MachineState::OwnSystem).q, "lab state:own");
        assert_eq!(held.toggle_state(MachineState::Held).href(), "/?q=lab");
        assert!(held.has_state(MachineState::Held) && !all.has_state(MachineState::Held));
    }

    #[test]
    fn a_window_counts_all_and_shows_a_part() {
        let rows = (0..250).map(|i| row(&format!("pc-{i:03}"), "b", MachineState::OwnSystem)).collect();
        let fleet = FleetQuery { q: "pc-1".to_owned(), page: 2 }.window(rows, Time::UNIX_EPOCH);
        assert_eq!((fleet.total, fleet.matching, fleet.rows.len()), (250, 100, 0));
        let rows = (0..250).map(|i| row(&format!("pc-{i:03}"), "b", MachineState::OwnSystem)).collect();
        let fleet = FleetQuery { q: String::new(), page: 3 }.window(rows, Time::UNIX_EPOCH);
        assert_eq!((fleet.rows.len(), fleet.rows[0].name.as_str()), (50, "pc-200"));
    }
}
