//! A line with a word more or less, for links: what is not understood stays as it was typed.

use super::words::{quoted, split};
use super::{Key, Query};
use crate::state::MachineState;

/// Without the word at this place among the words.
pub fn without(line: &str, index: usize) -> String {
    let words = split(line).into_iter().enumerate().filter(|(i, _)| *i != index);
    words.map(|(_, word)| word.text).collect::<Vec<_>>().join(" ")
}

/// With the word at this place written otherwise.
pub fn instead(line: &str, at: usize, word: &str) -> String {
    let words = split(line).into_iter().map(|old| if old.at == at { word.to_owned() } else { old.text });
    words.collect::<Vec<_>>().join(" ")
}

/// The words of a line, as typed.
pub fn words(line: &str) -> Vec<String> {
    split(line).into_iter().map(|word| word.text).collect()
}

/// A word that asks for exactly these values: `site:berlin`, `name=pc-1,pc-2`.
pub fn exactly<'a>(key: Key, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<_> = values.into_iter().map(quoted).collect();
    let sign = if key.is_whole() { ':' } else { '=' };
    format!("{}{sign}{}", key.name(), values.join(","))
}

/// Only those of a line's machines with exactly this value, or with none.
pub fn within(line: &str, key: Key, value: Option<&str>) -> String {
    let word = match value {
        Some(value) => exactly(key, [value]),
        None => format!("-{}:*", key.name()),
    };
    let mut kept: Vec<_> =
        words(line).into_iter().filter(|old| key == Key::Label || !is_of(old, key)).collect();
    if !kept.contains(&word) {
        kept.push(word);
    }
    kept.join(" ")
}

/// Only this state, or no longer only this state.
pub fn toggle_state(line: &str, state: MachineState) -> String {
    let word = format!("state:{}", state.name());
    let words = words(line);
    let had = words.contains(&word);
    let others = words.into_iter().filter(|old| !is_of(old, Key::State));
    others.chain((!had).then_some(word)).collect::<Vec<_>>().join(" ")
}

/// Is the line narrowed to this state?
pub fn has_state(line: &str, state: MachineState) -> bool {
    words(line).contains(&format!("state:{}", state.name()))
}

fn is_of(word: &str, key: Key) -> bool {
    word.strip_prefix(key.name()).is_some_and(|rest| rest.starts_with([':', '=']))
}

/// Words that say that two lines must both hold.
pub fn both(one: &str, other: &str) -> String {
    [one.trim(), other.trim()].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Query {
    /// The lines of chips: each word, and the line without it.
    pub fn chips(line: &str) -> Vec<(String, String)> {
        words(line).into_iter().enumerate().map(|(i, word)| (word, without(line, i))).collect()
    }
}
