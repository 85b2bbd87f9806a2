//! What could be typed next.

use super::Key;
use super::near;
use super::words::{quoted, split};
use crate::state::MachineState;
use serde::{Deserialize, Serialize};

/// Values that there are, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    pub sites: Vec<String>,
    pub labels: Vec<String>,
    pub models: Vec<String>,
    pub rooms: Vec<String>,
}

impl Values {
    /// Those of a key.
    pub fn of(&self, key: Key) -> Vec<String> {
        let fixed = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match key {
            Key::Site => self.sites.clone(),
            Key::Label => self.labels.clone(),
            Key::Model => self.models.clone(),
            Key::Room => self.rooms.clone(),
            Key::State => MachineState::ALL.map(|state| state.name().to_owned()).to_vec(),
            Key::Arch => fixed(&["x86-64", "arm64"]),
            Key::Firmware => fixed(&["bios", "uefi"]),
            Key::Seen => fixed(&["1h", "1d", "7d"]),
            Key::Health => fixed(&["60", "90", "none"]),
            Key::Name | Key::Serial | Key::Asset | Key::User | Key::Mac | Key::Ip => vec![],
        }
    }

    /// What may have been meant by values that no machine has: the word, and how it could be written.
    pub fn meant(&self, line: &str) -> Vec<(String, String)> {
        let mut meant = Vec::new();
        for word in super::edit::words(line) {
            let Some((key, value)) = word.split_once(':') else { continue };
            let Some(key) = Key::of(key).filter(|key| matches!(key, Key::Site | Key::Label | Key::Room))
            else {
                continue;
            };
            let known = self.of(key);
            let value = value.replace('"', "");
            if known.iter().any(|known| known.eq_ignore_ascii_case(&value)) {
                continue;
            }
            if let Some(near) = near::meant(&value, &known) {
                meant.push((word.clone(), format!("{}:{}", key.name(), quoted(near))));
            }
        }
        meant
    }
}

/// Whole lines that could be meant by what is typed so far, at most so many. The last word is completed: first to a key,
/// then to a value.
pub fn complete(line: &str, values: &Values, most: usize) -> Vec<String> {
    let ended = line.is_empty() || line.ends_with(char::is_whitespace);
    let mut before: Vec<String> = split(line).into_iter().map(|word| word.text).collect();
    let last = if ended { String::new() } else { before.pop().unwrap_or_default() };
    let (not, bare) = match last.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", last.as_str()),
    };
    let words = match bare.split_once([':', '<']).map(|(key, value)| (Key::of(key), value)) {
        Some((Some(key), value)) => of_key(key, bare.contains('<').then_some('<'), value, values),
        Some((None, _)) => vec![],
        None => keys(bare),
    };
    let whole =
        |word: String| before.iter().cloned().chain([format!("{not}{word}")]).collect::<Vec<_>>().join(" ");
    words.into_iter().take(most).map(whole).collect()
}

fn keys(begun: &str) -> Vec<String> {
    let begun = begun.to_ascii_lowercase();
    let keys = Key::ALL.into_iter().filter(|key| key.name().starts_with(&begun));
    keys.map(|key| format!("{}{}", key.name(), key.sign(""))).collect()
}

fn of_key(key: Key, sign: Option<char>, typed: &str, values: &Values) -> Vec<String> {
    let (done, begun) = typed.rsplit_once(',').map_or(("", typed), |(done, begun)| (done, begun));
    let begun = begun.trim_start_matches('"').to_ascii_lowercase();
    let done = if done.is_empty() { String::new() } else { format!("{done},") };
    let fits = |value: &String| value.to_ascii_lowercase().contains(&begun);
    let found = values
        .of(key)
        .into_iter()
        .filter(fits)
        .filter(|value| sign.is_none_or(|sign| sign == key.sign(value)));
    found.map(|value| format!("{}{}{done}{}", key.name(), key.sign(&value), quoted(&value))).collect()
}
