//! The link of the first administrator, printed when the server starts and nobody is there yet.

use pitstop_store::{Result, Store};

/// The words that `cargo xtask` and tests look for.
pub const WORDS: &str = "First administrator: open ";

/// The line to print, with a new link: while nobody may do everything, or when it is asked for (all are locked out).
pub async fn line(store: &Store, dashboard: &str, asked_for: bool) -> Result<Option<String>> {
    if !asked_for && store.has_administrator().await? {
        return Ok(None);
    }
    let link = store.add_link(None, None).await?;
    Ok(Some(format!("{WORDS}{dashboard}/join/{}", link.expose())))
}
