//! What people keep of machines: where they stand, and the words on them.

use crate::machine::Desk;
use serde::{Deserialize, Serialize};

/// What people keep of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub site: String,
    pub labels: Vec<String>,
    pub desk: Desk,
}

impl Kept {
    /// As it is kept: no blanks around the words, each label once.
    ///
    /// # Errors
    /// The field that is wrong, and what is wrong with it, in words for people.
    pub fn checked(&self) -> Result<Self, (&'static str, String)> {
        let of = |field: &'static str| move |words| (field, words);
        let mut labels = Vec::new();
        for text in &self.labels {
            let label = label(text).map_err(of("labels"))?;
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let desk = Desk {
            room: note("a room", &self.desk.room).map_err(of("desk.room"))?,
            asset_tag: note("an asset tag", &self.desk.asset_tag).map_err(of("desk.asset_tag"))?,
            used_by: note("a person", &self.desk.used_by).map_err(of("desk.used_by"))?,
        };
        Ok(Self { site: site(&self.site).map_err(of("site"))?, labels, desk })
    }
}

/// What is changed of many machines at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    AddLabel(String),
    RemoveLabel(String),
    MoveTo(String),
}

impl Change {
    /// Where it puts machines.
    pub fn site(&self) -> Option<&str> {
        match self {
            Self::MoveTo(site) => Some(site),
            Self::AddLabel(_) | Self::RemoveLabel(_) => None,
        }
    }

    /// The change of this word, as forms post it.
    ///
    /// # Errors
    /// What is wrong with the value, in words for people.
    pub fn read(what: &str, value: &str) -> Result<Self, String> {
        match what {
            "add_label" => label(value).map(Self::AddLabel),
            // One that could not be given any more can be taken away all the same.
            "remove_label" => Ok(Self::RemoveLabel(value.trim().to_owned())),
            "move_to" => site(value).map(Self::MoveTo),
            other => Err(format!("`{other}` is nothing that can be done with machines")),
        }
    }
}

/// Longer words fit in no list.
const LONGEST: usize = 64;

/// A label.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn label(text: &str) -> Result<String, String> {
    word("a label", text)
}

/// Labels, by commas. Each once, in their order.
///
/// # Errors
/// What is wrong with one, in words for people.
pub fn labels(text: &str) -> Result<Vec<String>, String> {
    let mut labels: Vec<String> = Vec::new();
    for part in text.split([',', ';']).filter(|part| !part.trim().is_empty()) {
        let label = label(part)?;
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// A site.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn site(text: &str) -> Result<String, String> {
    word("a site", text)
}

/// A machine's name.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn name(text: &str) -> Result<String, String> {
    word("a name", text)
}

/// A room, a number, a person: may be empty.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn note(what: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Ok(String::new()) } else { word(what, text) }
}

/// What a search can ask for without having to be guessed: no comma, quote or star, which mean something there.
fn word(what: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = |why: String| Err(format!("`{text}` cannot be {what}: {why}"));
    if text.is_empty() {
        return Err(format!("{what} is missing"));
    }
    if text.chars().count() > LONGEST {
        return wrong(format!("it is longer than {LONGEST} characters"));
    }
    match text.chars().find(|c| matches!(c, ',' | ';' | '"' | '*') || c.is_control()) {
        Some(c) if c.is_control() => wrong("it has a character that cannot be seen".to_owned()),
        Some(c) => wrong(format!("`{c}` means something in searches and lists")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_apart_by_commas_and_stand_once() {
        assert_eq!(labels(" lab, office;lab ,"), Ok(vec!["lab".to_owned(), "office".to_owned()]));
        assert_eq!(labels(""), Ok(vec![]));
    }

    #[test]
    fn what_a_search_could_not_ask_for_is_refused_with_its_reason() {
        assert!(label("a*b").unwrap_err().contains("`*` means something"));
        assert!(site("  ").unwrap_err().contains("missing"));
        assert!(name(&"x".repeat(65)).unwrap_err().contains("64"));
        assert!(Change::read("explode", "x").is_err());
    }
}
