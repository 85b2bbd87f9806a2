//! One machine, and what may be started on it.

use super::jobs::job_row;
use crate::captures::desk::offer;
use crate::start::locate;
use chrono::TimeDelta;
use pitstop_app::jobs::api::ImageFacts;
use pitstop_app::machines::api::{ImageVersionName, MachinePage, Offer, OwnSystem, SeenSighting};
use pitstop_domain::function::Function;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{ImageKind, ImageVersion, own_system_of};
use pitstop_domain::machine::{Firmware, Machine};
use pitstop_domain::people::Who;
use pitstop_domain::preflight::{Preflight, preflight};
use pitstop_domain::ribbon::ribbon;
use pitstop_domain::sighting::Sighting;
use pitstop_domain::state::MachineState;
use pitstop_store::jobs::JobFilter;
use pitstop_store::sightings::Sighted;
use pitstop_store::{Result, Store};

/// Jobs and sightings that fit on a page without scrolling for ever; the rest is in the lists.
const JOBS: i64 = 20;
const SIGHTINGS: i64 = 30;

/// What the ribbon shows.
const WEEK: TimeDelta = TimeDelta::days(7);

pub(super) async fn page(store: &Store, id: MachineId, who: &Who) -> Result<Option<MachinePage>> {
    let Some(machine) = store.machine(id).await? else { return Ok(None) };
    let Some(overview) = store.overview(Some(id)).await?.pop() else { return Ok(None) };
    let now = store.now();
    let state = overview.state(now);
    let silent = overview.last_seen.filter(|_| state == MachineState::Silent);
    let mut functions = store.functions().await?;
    offer(store, who, Some(id), &mut functions).await?;
    let filter = JobFilter { machine: Some(id), limit: JOBS, ..JobFilter::default() };
    let jobs: Vec<_> = store.jobs(&filter).await?.iter().map(|row| job_row(row, &functions, None)).collect();
    let current = jobs.iter().find(|job| job.phase != pitstop_domain::job::Phase::Closed).cloned();
    Ok(Some(MachinePage {
        asked_at: now,
        state,
        ribbon: ribbon(&store.systems_since(id, now - WEEK).await?, now - WEEK, now, silent),
        last_seen: overview.last_seen,
        own: own_system(store, &machine).await?,
        functions: offers(store, &machine, functions).await?,
        current,
        answers: super::routes::answers(store, id).await?,
        jobs,
        sightings: store.recent_sightings(id, SIGHTINGS).await?.into_iter().map(seen).collect(),
        machine,
    }))
}

async fn own_system(store: &Store, machine: &Machine) -> Result<OwnSystem> {
    let images = store.images().await?;
    let boots = machine
        .own_image
        .as_deref()
        .map(|name| own_system_of(machine, name, &images).map(|image| image_facts(image, machine.firmware)));
    let told = store.facts_of(machine.id).await?.into_iter().find_map(|seen| match seen.sighting {
        Sighting::ToldOwnImage { name, version, digest } => {
            Some(ImageVersionName { name, version, digest, at: seen.at })
        }
        _ => None,
    });
    let suits =
        |image: &&ImageVersion| image.kind == ImageKind::Operational && image.unsuitable(machine).is_none();
    let mut choices: Vec<_> = images.iter().filter(suits).map(|image| image.name.clone()).collect();
    choices.dedup();
    Ok(OwnSystem { boots, told, choices })
}

async fn offers(store: &Store, machine: &Machine, functions: Vec<Function>) -> Result<Vec<Offer>> {
    let images = store.images().await?;
    let last_netboot = store.last_netboot(machine.id).await?;
    let names: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    let usual = store.usual_seconds_by_function(&names, machine.model()).await?;
    let mut offers = Vec::with_capacity(functions.len());
    for function in functions {
        let usual = usual.get(&function.name).copied();
        let located = locate(&function, machine, &images);
        let asked = |image| Preflight { machine, image, risk: function.risk, last_netboot };
        let checks = located.as_ref().map(|&image| preflight(&asked(image))).unwrap_or_default();
        let image = located.map(|image| image_facts(image, machine.firmware));
        let right = function.right();
        offers.push(Offer {
            right,
            name: function.name,
            title: function.title,
            description: function.description,
            risk: function.risk,
            told: function.told,
            task: function.task,
            ending: function.ending,
            run_s: function.limits.run_s,
            parameters: function.parameters,
            image,
            checks,
            usual_s: usual.map(whole_seconds),
        });
    }
    Ok(offers)
}

pub(super) fn image_facts(image: &ImageVersion, firmware: Firmware) -> ImageFacts {
    ImageFacts {
        name: image.name.clone(),
        version: image.version.clone(),
        digest: image.digest.clone(),
        bytes: image.bytes_for(firmware),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "durations of jobs fit and are not negative"
)]
pub(crate) fn whole_seconds(seconds: f64) -> u64 {
    seconds.max(0.0).round() as u64
}

pub(super) fn seen(sighted: Sighted) -> SeenSighting {
    SeenSighting { at: sighted.at, sighting: sighted.sighting }
}
