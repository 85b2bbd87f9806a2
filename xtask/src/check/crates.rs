//! The workspace's crates and what they ask for.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cargo;

#[derive(Debug, Clone, Deserialize)]
pub struct Crate {
    pub name: String,
    pub dependencies: Vec<Dependency>,
    #[serde(default)]
    pub features: std::collections::BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// None for a plain dependency, else `dev` or `build`.
    pub kind: Option<String>,
    #[serde(default)]
    pub optional: bool,
}

impl Dependency {
    /// Part of what is delivered, not only of the tests.
    pub fn is_delivered(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

pub fn read() -> Result<Vec<Crate>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Crate>,
    }
    let metadata: Metadata = serde_json::from_value(cargo::metadata()?)
        .context("cargo's metadata has another shape than expected")?;
    Ok(metadata.packages)
}
