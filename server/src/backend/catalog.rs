//! Boot images, for one person, from the store.

use super::{Shared, arrivals, failure, failure_of, signing};
use crate::people::{Deed, Gate, On};
use crate::test_boot::desk;
use crate::uploads::signed;
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::images::desk::{
    Added, Catalog, Coming, Considered, Explained, Kept, Listed, Moved, NewImage, Rate, Signing, Tests,
    Version,
};
use pitstop_domain::Time;
use pitstop_domain::catalog::Rules;
use pitstop_domain::digest::Digest;
use pitstop_domain::function::Function;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{Channel, ImageKind, ImageVersion};
use pitstop_domain::machine::{Firmware, Machine};
use pitstop_domain::people::Right;
use pitstop_domain::preflight::{Preflight, preflight};
use pitstop_domain::selection::{Selection, select};
use pitstop_store::catalog::{Move, Success};
use pitstop_store::{Error, Store};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The catalog of one person.
pub struct StoreCatalog {
    gate: Gate,
    shared: Arc<Shared>,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreCatalog {
    pub fn new(gate: Gate, shared: Arc<Shared>) -> Self {
        Self { gate, shared }
    }

    async fn see(&self, on: On) -> Result<&Store> {
        self.gate.read(Right::See, on).await.map_err(failure_of)
    }

    /// Those of a version, and why there can be no more.
    async fn tests(&self, store: &Store, image: &ImageVersion) -> std::result::Result<Tests, Error> {
        let missing =
            |firmware: &Firmware| Some((*firmware, self.shared.test_boots.why_not(image, *firmware)?));
        Ok(Tests {
            boots: store.test_boots_of(&image.digest).await?,
            now: Some(store.now()),
            why_not: image.firmware.iter().filter_map(missing).collect(),
        })
    }
}

#[async_trait]
impl Catalog for StoreCatalog {
    async fn images(&self) -> Result<Vec<Listed>> {
        listed(self.see(On::Somewhere).await?).await.map_err(failure)
    }

    async fn versions(&self, name: &str) -> Result<Vec<Version>> {
        let store = self.see(On::Somewhere).await?;
        let mut versions = versions(store, name).await.map_err(failure)?;
        for version in &mut versions {
            version.tests = self.tests(store, &version.image).await.map_err(failure)?;
        }
        Ok(versions)
    }

    async fn move_to(&self, digest: &Digest, to: Channel, why: &str) -> Result<()> {
        let by = self.gate.who().to_string();
        let did = if to == Channel::Stable { "promoted" } else { "rolled back" };
        let deed = deed(digest, did, why);
        let done =
            self.gate.act(deed, |store| async move { store.move_image(digest, to, &by, why).await }).await;
        done.map_err(failure_of)
    }

    async fn test_boot(&self, digest: &Digest, firmware: Firmware, looks_for: &str) -> Result<()> {
        let begun = desk::begin(&self.gate, &self.shared.test_boots, digest, firmware, looks_for).await;
        begun.map(drop).map_err(failure_of)
    }

    async fn stop_test_boot(&self, id: Uuid) -> Result<()> {
        desk::stop(&self.gate, id).await.map_err(failure_of)
    }

    async fn saw_test_boot(&self, id: Uuid) -> Result<()> {
        let by = self.gate.who().to_string();
        let what = format!("saw on its screen that the test boot {id} runs");
        let deed = Deed::new(Right::EditImages, On::Installation, what);
        let seen = |store| async move { Store::saw_test_boot(store, id, &by).await };
        self.gate.act(deed, seen).await.map_err(failure_of)
    }

    async fn test_boot_screen(&self, id: Uuid) -> Result<Vec<u8>> {
        let screen = self.see(On::Somewhere).await?.test_boot_screen(id).await.map_err(failure)?;
        screen.ok_or_else(|| Failure::not_found("picture of a screen"))
    }

    async fn rules(&self) -> Result<Rules> {
        self.see(On::Somewhere).await?.catalog_rules().await.map_err(failure)
    }

    async fn demand_tests(&self, demanded: bool) -> Result<()> {
        let deed = Deed {
            after: Some(json!({ "stable_tested": demanded })),
            ..Deed::new(Right::EditImages, On::Installation, "changed what the catalog demands")
        };
        self.gate.act(deed, |store| store.demand_tests(demanded)).await.map_err(failure_of)
    }

    async fn sign(&self, digest: &Digest, signature: &str) -> Result<()> {
        let by = self.gate.who().to_string();
        let done = self.gate.act(deed(digest, "added a signature to", ""), |store| async move {
            let image = store.image(digest).await?.ok_or(Error::NotFound("image version"))?;
            signed::add(store, &image, signature, &by).await
        });
        done.await.map_err(failure_of)
    }

    async fn signing(&self) -> Result<Signing> {
        let store = self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)?;
        signing::shown(store).await.map_err(failure)
    }

    async fn trust_key(&self, name: &str, text: &str) -> Result<()> {
        signing::trust(&self.gate, name, text).await.map_err(failure_of)
    }

    async fn distrust_key(&self, id: &str) -> Result<()> {
        signing::distrust(&self.gate, id).await.map_err(failure_of)
    }

    async fn demand_signatures(&self, demanded: bool) -> Result<()> {
        signing::demand(&self.gate, demanded).await.map_err(failure_of)
    }

    async fn remove(&self, digest: &Digest, why: &str) -> Result<()> {
        let by = self.gate.who().to_string();
        let deed = deed(digest, "removed", why);
        let shelf = self.shared.uploads.shelf();
        let done = self.gate.act(deed, |store| crate::catalog::remove(store, shelf, digest, &by, why)).await;
        done.map_err(failure_of)
    }

    async fn note(&self, digest: &Digest, seen: &str, notes: &str) -> Result<()> {
        let what = format!("wrote notes on image version {}", digest.short());
        let deed = Deed::new(Right::EditImages, On::Installation, what).changes(json!(seen), json!(notes));
        let done =
            self.gate.act(deed, |store| async move { store.note_image(digest, seen, notes).await }).await;
        done.map_err(failure_of)
    }

    async fn add(&self, new: NewImage) -> Result<Added> {
        let who = (self.gate.who().to_string(), self.gate.came_from().to_owned());
        arrivals::add(&self.gate, &self.shared.uploads, new, &who.0, &who.1).await
    }

    async fn kept(&self) -> Result<Kept> {
        self.gate.read(Right::EditImages, On::Installation).await.map_err(failure_of)?;
        Ok(self.shared.uploads.shelf().kept())
    }

    async fn coming(&self) -> Result<Vec<Coming>> {
        self.see(On::Somewhere).await?;
        Ok(self.shared.uploads.fetching().into_iter().map(arrivals::shown).collect())
    }

    async fn fetch_again(&self, id: &str) -> Result<()> {
        let deed = arrivals::deed(format!("fetched again the image {id}"));
        let uploads = &self.shared.uploads;
        self.gate.act(deed, |store| async move { uploads.fetch_again(store, id) }).await.map_err(failure_of)
    }

    async fn give_up(&self, id: &str) -> Result<()> {
        let deed = arrivals::deed(format!("gave up fetching the image {id}"));
        let uploads = &self.shared.uploads;
        self.gate.act(deed, |store| uploads.give_up(store, id)).await.map_err(failure_of)
    }

    async fn on_machine(&self, id: MachineId) -> Result<(Machine, Vec<Explained>)> {
        let store = self.see(On::Machine(id)).await?;
        let machine = store.machine(id).await.map_err(failure)?;
        let machine = machine.ok_or_else(|| Failure::not_found("machine"))?;
        let explained = explain(store, &machine).await.map_err(failure)?;
        Ok((machine, explained))
    }
}

/// What moves an image version, for the audit.
pub(crate) fn deed(digest: &Digest, did: &str, why: &str) -> Deed {
    let what = format!("{did} image version {}", digest.short());
    Deed {
        after: Some(json!({ "image": digest, "why": why })),
        ..Deed::new(Right::EditImages, On::Installation, what)
    }
}

async fn listed(store: &Store) -> std::result::Result<Vec<Listed>, Error> {
    let mut rates: HashMap<_, _> = store.image_successes().await?.into_iter().collect();
    let mut moves: HashMap<_, _> = store.last_moves().await?.into_iter().collect();
    let line = |image: ImageVersion| Listed {
        rate: rates.remove(&image.digest).map(|success| rate(&success)).unwrap_or_default(),
        last: moves.remove(&image.digest).map(moved),
        image,
    };
    Ok(store.images().await?.into_iter().map(line).collect())
}

async fn versions(store: &Store, name: &str) -> std::result::Result<Vec<Version>, Error> {
    let mut versions = vec![];
    // A handful, each by its key.
    for (image, removed_at) in store.versions_of(name).await? {
        let models = store.image_success(&image.digest).await?;
        let models = models.into_iter().map(|success| (success.model.clone(), rate(&success))).collect();
        let moves = store.image_moves(&image.digest).await?.into_iter().map(moved).collect();
        versions.push(Version { image, removed_at, models, moves, tests: Tests::default() });
    }
    Ok(versions)
}

fn rate(success: &Success) -> Rate {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    Rate { jobs: count(success.jobs), booted: count(success.booted), proved: count(success.proved) }
}

fn moved(moved: Move) -> Moved {
    Moved { at: moved.at, to: moved.to, by: moved.by, why: moved.why }
}

/// Which version each function would get on this machine, and its own system where that is an image, first.
pub(crate) async fn explain(store: &Store, machine: &Machine) -> std::result::Result<Vec<Explained>, Error> {
    let (images, functions) = (store.images().await?, store.functions().await?);
    let last = store.last_netboot(machine.id).await?;
    let own = machine.own_image.as_deref().map(|name| own_system(machine, name, &images));
    let functions = functions.iter().map(|function| explained(function, machine, &images, last));
    Ok(own.into_iter().chain(functions).collect())
}

fn own_system(machine: &Machine, name: &str, images: &[ImageVersion]) -> Explained {
    let versions = images.iter().filter(|image| image.name == name && image.kind == ImageKind::Operational);
    Explained {
        function: String::new(),
        title: "Its own system".to_owned(),
        risk: None,
        image: name.to_owned(),
        missing: None,
        versions: considered(&select(machine, versions)),
        checks: vec![],
    }
}

fn explained(
    function: &Function,
    machine: &Machine,
    images: &[ImageVersion],
    last_netboot: Option<Time>,
) -> Explained {
    let selection = select(machine, images.iter().filter(|image| image.name == function.image));
    let checks = selection
        .chosen()
        .map(|image| preflight(&Preflight { machine, image, risk: function.risk, last_netboot }));
    Explained {
        function: function.name.clone(),
        title: function.title.clone(),
        risk: Some(function.risk),
        image: function.image.clone(),
        missing: function.missing.clone(),
        versions: considered(&selection),
        checks: checks.unwrap_or_default(),
    }
}

fn considered(selection: &Selection) -> Vec<Considered> {
    let each = selection.0.iter().map(|considered| Considered {
        version: considered.image.version.clone(),
        digest: considered.image.digest.clone(),
        channel: considered.image.standing.channel,
        why_not: considered.why_not.clone(),
    });
    each.collect()
}
