//! What goes over the wire for boot images.

use crate::Failure;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{ImageKind, Part};
use pitstop_domain::machine::{Arch, Firmware};
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;

/// An image version in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageRow {
    pub digest: Digest,
    pub name: String,
    pub version: String,
    pub title: String,
    pub kind: ImageKind,
    pub arch: Arch,
    pub firmware: Vec<Firmware>,
    pub parts: Vec<Part>,
    /// Our agent is in it: it reports, and carries the dead-man timer.
    pub agent: bool,
    pub created_at: Time,
}

/// All image versions, by name, newest version first.
#[server(name = ReadImages, prefix = "/api", endpoint = "images", input = GetUrl)]
pub async fn images() -> Result<Vec<ImageRow>, Failure> {
    crate::serve::answer(super::server::images()).await
}
