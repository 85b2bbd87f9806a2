//! Loaders, scripts and image parts over HTTP, below `/boot`.
//!
//! - [`loader`]: `GET /boot/loader/{file}`, or with the machine's MAC address in front of the file
//! - [`script`]: `GET /boot/script?mac=…&uuid=…&arch=…`
//! - [`part`]: `GET /boot/jobs/{job}/{token}/{file}`, `GET /boot/own/{machine}/{token}/{file}?image=…`
//! - [`file`](mod@file): what a request for a file is answered with: whole, a range, nothing new
//! - [`range`]: the `Range` header
//! - [`counters`]: what was asked, and why it was not given
//! - [`stream`]: a file's bytes on their way, and who is told how far they are
//!
//! Everything answers HEAD too: UEFI firmware asks for the length first.

pub mod counters;
pub mod file;
pub mod loader;
pub mod part;
pub mod range;
pub mod script;
pub mod stream;

pub use counters::Counters;

use crate::config::BootServer;
use crate::directory::Directory;
use axum::Router;
use axum::routing::get;
use std::borrow::Cow;
use std::sync::Arc;

/// What the routes share.
#[derive(Clone)]
pub struct BootState {
    pub directory: Arc<dyn Directory>,
    pub config: Arc<BootServer>,
    pub counters: Arc<Counters>,
}

impl BootState {
    pub fn new(directory: Arc<dyn Directory>, config: Arc<BootServer>) -> Self {
        Self { directory, config, counters: Arc::default() }
    }
}

/// The routes. Their errors are short plain texts: firmware shows them as they are, if at all.
pub fn router(state: BootState) -> Router {
    Router::new()
        .route("/boot/loader/{*path}", get(loader::serve))
        .route("/boot/script", get(script::serve))
        .route("/boot/jobs/{job}/{token}/{*file}", get(part::of_job))
        .route("/boot/own/{machine}/{token}/{file}", get(part::of_own_system))
        .with_state(state)
}

/// A request's path as it may be logged: without the token that it may carry.
pub fn without_token(path: &str) -> Cow<'_, str> {
    let found = ["/boot/jobs/", "/boot/own/"]
        .into_iter()
        .find_map(|folder| path.strip_prefix(folder).map(|rest| (folder, rest)));
    let Some((folder, rest)) = found else { return path.into() };
    let mut parts = rest.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(whose), Some(_), Some(file)) => format!("{folder}{whose}/-/{file}").into(),
        (Some(whose), Some(_), None) => format!("{folder}{whose}/-").into(),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_logged_path_has_no_token() {
        assert_eq!(super::without_token("/boot/jobs/1/secret/vmlinuz"), "/boot/jobs/1/-/vmlinuz");
        assert_eq!(super::without_token("/boot/jobs/1/secret"), "/boot/jobs/1/-");
        assert_eq!(super::without_token("/boot/own/1/secret/vmlinuz"), "/boot/own/1/-/vmlinuz");
        assert_eq!(super::without_token("/boot/script"), "/boot/script");
    }
}
