//! What the pages about functions need. The server implements it over the store, for one person; what that person may
//! not do it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::function::Function;

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub function: Function,
    /// People wrote it; the others come with Pitstop.
    pub own: bool,
    /// Stable versions of its image, the last promoted first.
    pub versions: Vec<String>,
}

/// Functions, for one person.
#[async_trait]
pub trait FunctionDesk: Send + Sync {
    /// In the order in which people see them.
    async fn all(&self) -> Result<Vec<Known>, Failure>;

    async fn one(&self, name: &str) -> Result<Known, Failure>;

    /// Names of maintenance images, for one's own functions.
    async fn images(&self) -> Result<Vec<String>, Failure>;

    /// Writes one's own. `is_new`: there must be none of that name.
    async fn keep(&self, function: &Function, is_new: bool) -> Result<(), Failure>;

    /// Removes one's own that nothing has used yet.
    async fn remove(&self, name: &str) -> Result<(), Failure>;
}
