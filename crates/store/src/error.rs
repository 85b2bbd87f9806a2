//! What can go wrong with the store.

/// The store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database did not answer as expected: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds what this version does not know: written by a newer version, or by hand.
    #[error("a row holds `{value}` where {expected} is expected")]
    Unreadable { value: String, expected: &'static str },
    #[error("a value could not be written as JSON or read from it: {0}")]
    Json(#[from] serde_json::Error),
    /// The request cannot be met; the text is for people.
    #[error("{0}")]
    Refused(String),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It was stored together with others, and none of them could be.
    #[error("{0}")]
    Together(std::sync::Arc<Error>),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// It is about one row, not about the database: others can be worked on meanwhile.
    pub fn is_of_one_row(&self) -> bool {
        use sqlx::Error::{ColumnDecode, Database, Decode};
        match self {
            Self::Database(error) => matches!(error, ColumnDecode { .. } | Database(_) | Decode(_)),
            Self::Migration(_) => false,
            Self::Together(error) => error.is_of_one_row(),
            Self::Unreadable { .. } | Self::Json(_) | Self::Refused(_) | Self::NotFound(_) => true,
        }
    }

    /// Another row holds this unique value already.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
