//! What a page shows, fetched: on the server while it renders, in the browser again whenever something changed.
//!
//! leptos' own resources read what the server put into the page by another reader of JSON than server functions read
//! their answers by, so that the browser's program held all of it twice (some 200 kB). Here it is one.

use crate::Failure;
use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON, read from bytes as server functions read it.
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, serde_json::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}

/// What was fetched, or why it could not be.
pub type Fetched<T> = ArcResource<Result<T, Failure>, Json>;

/// Fetches by `fetch` what `source` asks for, and again whenever `source` changes.
pub fn fetched<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetch: impl Fn(S) -> F + Send + Sync + 'static,
) -> Fetched<T>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    ArcResource::new_with_options(source, fetch, false)
}
