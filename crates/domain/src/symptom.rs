//! What somebody on the phone may say, and which functions help against it. Administrators keep the list.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Symptoms on one screen: whoever is on the phone reads them all.
pub const MOST: usize = 12;
/// Letters of a text of a symptom.
const LONGEST: usize = 160;

/// A symptom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// The word in addresses: small letters, digits and `-`.
    pub name: String,
    /// As people say it: `It is slow`.
    pub words: String,
    /// What else people say who mean the same.
    #[serde(default)]
    pub also: String,
    #[serde(default)]
    pub sign: Sign,
    /// Functions by their names, the best first. The first that the server has and that suits the machine is offered.
    pub functions: Vec<String>,
    /// What is looked for, in a sentence.
    pub looks: String,
}

/// The drawing beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Warning,
    Clock,
    Eye,
    Disc,
    Machine,
    Wrench,
    Screen,
    #[default]
    Question,
}

impl Sign {
    pub const ALL: [Self; 8] = [
        Self::Warning,
        Self::Clock,
        Self::Eye,
        Self::Disc,
        Self::Machine,
        Self::Wrench,
        Self::Screen,
        Self::Question,
    ];

    /// The word in forms, and beside the drawing.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Clock => "clock",
            Self::Eye => "eye",
            Self::Disc => "disc",
            Self::Machine => "machine",
            Self::Wrench => "wrench",
            Self::Screen => "screen",
            Self::Question => "question",
        }
    }
}

impl Symptom {
    /// Is it whole?
    ///
    /// # Errors
    /// What is missing or too long, in words.
    pub fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            return Err(format!(
                "`{}` cannot stand in an address: use small letters, digits and -, 40 at most.",
                self.name
            ));
        }
        if self.words.trim().is_empty() {
            return Err("Say what people say: “It is slow”.".to_owned());
        }
        if self.looks.trim().is_empty() {
            return Err(
                "Say in a sentence what is looked for: the help desk reads it to the person.".to_owned()
            );
        }
        if [&self.words, &self.also, &self.looks].iter().any(|text| text.chars().count() > LONGEST) {
            return Err(format!("Each text has {LONGEST} letters at most."));
        }
        match self.functions.is_empty() {
            true => Err("Choose a function that helps.".to_owned()),
            false => Ok(()),
        }
    }
}

/// Can these stand beside each other?
///
/// # Errors
/// Why not, in words.
pub fn check_all(symptoms: &[Symptom]) -> Result<(), String> {
    symptoms.iter().try_for_each(Symptom::check)?;
    let names: BTreeSet<_> = symptoms.iter().map(|symptom| &symptom.name).collect();
    if names.len() < symptoms.len() {
        return Err("Two symptoms have the same name: choose another.".to_owned());
    }
    match symptoms.len() > MOST {
        true => Err(format!("{MOST} symptoms are what fits on a screen: remove one first.")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow() -> Symptom {
        Symptom {
            name: "slow".into(),
            words: "It is slow".into(),
            also: String::new(),
            sign: Sign::Clock,
            functions: vec!["disk-health".into()],
            looks: "Its disk is looked at.".into(),
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(slow().check(), Ok(()));
        for wrong in [
            Symptom { name: "It is slow".into(), ..slow() },
            Symptom { words: " ".into(), ..slow() },
            Symptom { looks: String::new(), ..slow() },
            Symptom { functions: vec![], ..slow() },
            Symptom { also: "x".repeat(200), ..slow() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_list_fits_on_a_screen_and_has_each_once() {
        assert!(check_all(&[slow(), slow()]).unwrap_err().contains("same name"));
        let many = |n| (0..n).map(|n| Symptom { name: format!("s{n}"), ..slow() }).collect::<Vec<_>>();
        assert!(check_all(&many(MOST)).is_ok() && check_all(&many(MOST + 1)).is_err());
        assert!(check_all(&[]).is_ok());
    }

    #[test]
    fn signs_are_stored_by_their_names() {
        for sign in Sign::ALL {
            assert_eq!(serde_json::to_value(sign).unwrap(), sign.name());
        }
    }
}
