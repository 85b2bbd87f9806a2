//! The samples as the server makes them.

use crate::Failure;
use leptos::prelude::*;
use server_fn::codec::GetUrl;

/// The samples, as HTML.
#[server(name = ReadStyleguide, prefix = "/api", endpoint = "styleguide", input = GetUrl)]
pub async fn styleguide(
    #[server(default)] sort: String,
    #[server(default)] page: String,
    #[server(default)] tab: String,
) -> Result<String, Failure> {
    Ok(super::sheet::html(sort, page, tab))
}
