//! Functions, for one person, from the store.

use super::{failure, failure_of};
use crate::builtin;
use crate::people::{Deed, Gate, On};
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::functions::desk::{FunctionDesk, Known};
use pitstop_domain::function::Function;
use pitstop_domain::image::{Channel, ImageKind, ImageVersion};
use pitstop_domain::people::Right;
use pitstop_store::{Error, Store};
use serde_json::json;
use std::cmp::Reverse;

/// The functions of one person.
pub struct StoreFunctions {
    gate: Gate,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreFunctions {
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    async fn see(&self) -> Result<&Store> {
        self.gate.read(Right::See, On::Somewhere).await.map_err(failure_of)
    }
}

#[async_trait]
impl FunctionDesk for StoreFunctions {
    async fn all(&self) -> Result<Vec<Known>> {
        let store = self.see().await?;
        let images = store.images().await.map_err(failure)?;
        let functions = store.functions().await.map_err(failure)?;
        Ok(functions.into_iter().map(|function| known(function, &images)).collect())
    }

    async fn one(&self, name: &str) -> Result<Known> {
        let store = self.see().await?;
        let function = store.function(name).await.map_err(failure)?;
        let function = function.ok_or_else(|| Failure::not_found("function"))?;
        Ok(known(function, &store.images().await.map_err(failure)?))
    }

    async fn images(&self) -> Result<Vec<String>> {
        let images = self.see().await?.images().await.map_err(failure)?;
        let ours = images.into_iter().filter(|image| image.kind == ImageKind::Maintenance && image.agent);
        let mut names: Vec<_> = ours.map(|image| image.name).collect();
        names.dedup();
        Ok(names)
    }

    async fn keep(&self, function: &Function, is_new: bool) -> Result<()> {
        let before = self.see().await?.function(&function.name).await.map_err(failure)?;
        let what = format!("{} the function {}", if is_new { "wrote" } else { "changed" }, function.name);
        let deed = Deed {
            before: before.map(|before| json!(before)),
            after: Some(json!(function)),
            ..Deed::new(Right::ChangeSettings, On::Installation, what)
        };
        let kept = self.gate.act(deed, |store| async move {
            if is_built_in(&function.name) {
                let why = format!("`{}` comes with Pitstop: take another name", function.name);
                return Err(Error::Refused(why));
            }
            store.keep_own_function(function, is_new).await
        });
        kept.await.map_err(failure_of)
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let what = format!("removed the function {name}");
        let deed = Deed::new(Right::ChangeSettings, On::Installation, what);
        self.gate.act(deed, |store| store.remove_own_function(name)).await.map_err(failure_of)
    }
}

fn is_built_in(name: &str) -> bool {
    builtin::functions().iter().any(|function| function.name == name)
}

fn known(function: Function, images: &[ImageVersion]) -> Known {
    let stable =
        |image: &&ImageVersion| image.name == function.image && image.standing.channel == Channel::Stable;
    let mut versions: Vec<_> = images.iter().filter(stable).collect();
    versions.sort_by_key(|image| Reverse((image.standing.since, image.created_at)));
    let versions = versions.into_iter().map(|image| image.version.clone()).collect();
    Known { own: !is_built_in(&function.name), versions, function }
}
