//! Enums travel to PostgreSQL as the words serde gives them: one spelling everywhere.

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The word for an enum value.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(Error::Unreadable { value: other.to_string(), expected: "a single word" }),
    }
}

/// The enum value for a word.
pub(crate) fn value<T: DeserializeOwned>(word: &str, expected: &'static str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| Error::Unreadable { value: word.to_owned(), expected })
}
