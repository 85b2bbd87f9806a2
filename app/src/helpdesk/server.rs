//! What the server functions of the help desk need of the backend. Plain functions: the reactive side is left before
//! the first `await`.

use super::api::{Desk, FoundList, MOST, Remedy, words as searched};
use super::symptoms::remedy;
use super::words;
use crate::Failure;
use crate::backend::{Backend, backend};
use crate::format;
use crate::jobs::api::JobPage;
use crate::machines::api::{MachinePage, Offer};
use crate::machines::server::machine_id;
use crate::serve::Reply;
use pitstop_domain::id::JobId;
use pitstop_domain::job::Phase;
use pitstop_domain::machine::Machine;
use pitstop_domain::report::Findings;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::Filled;
use pitstop_domain::symptom::Symptom;

pub async fn find(q: &str) -> Result<FoundList, Failure> {
    found(&*backend()?, q).await
}

/// Machines by words, as this backend's person sees them.
pub(crate) async fn found(backend: &dyn Backend, q: &str) -> Result<FoundList, Failure> {
    let words = searched(q);
    if words.is_empty() {
        return Ok(FoundList::default());
    }
    let mut list = backend.find_machines(&words, MOST + 1).await?;
    list.more = list.rows.len() > MOST;
    list.rows.truncate(MOST);
    Ok(list)
}

pub async fn desk(id: &str) -> Result<Desk, Failure> {
    let backend = backend()?;
    let page = backend.machine(machine_id(id)?).await?.ok_or_else(|| Failure::not_found("machine"))?;
    Ok(desk_of(page, backend.symptoms().await?))
}

fn desk_of(page: MachinePage, symptoms: Vec<Symptom>) -> Desk {
    let helped = |symptom: Symptom| {
        let remedy = remedy(&symptom, &page.functions).map(|offer| remedy_of(offer, &page.machine));
        (symptom, remedy)
    };
    let symptoms = symptoms.into_iter().map(helped).collect();
    let serial = page.machine.inventory.as_ref().map(|found| found.serial.clone());
    Desk {
        asked_at: page.asked_at,
        id: page.machine.id,
        model: page.machine.model().map(str::to_owned),
        serial: serial.filter(|serial| !serial.is_empty()),
        current: page.current.map(|job| (job.id, job.title)),
        by_hand: matches!(page.machine.routes.first(), Some(Route::Person)),
        has_agent: page.machine.has_agent,
        state: page.state,
        last_seen: page.last_seen,
        symptoms,
        name: page.machine.name,
        site: page.machine.site,
        labels: page.machine.labels,
    }
}

fn remedy_of(offer: &Offer, machine: &Machine) -> Remedy {
    Remedy {
        title: offer.title.clone(),
        risk: offer.risk,
        told: format::sentence(&offer.told),
        usual_s: offer.usual_s,
        before: words::before(&offer.checks, machine),
    }
}

pub async fn repair(machine: &str, name: &str) -> Result<JobId, Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let id = machine_id(machine)?;
    let known = backend.symptoms().await?.into_iter().find(|symptom| symptom.name == name);
    let symptom = known.ok_or_else(|| {
        Failure::Refused(format!("`{name}` is no symptom that is known here. Go back and choose one."))
    })?;
    let page = backend.machine(id).await?.ok_or_else(|| Failure::not_found("machine"))?;
    // Two presses are one repair: whoever is late follows the first.
    if let Some(current) = page.current {
        reply.go_to(&format!("/helpdesk/repair/{}", current.id));
        return Ok(current.id);
    }
    let offer = remedy(&symptom, &page.functions).map_err(|why| Failure::Refused(format::sentence(&why)))?;
    let job = backend.start_job(id, &offer.name, &Filled::new(), Some(&symptom.words)).await?;
    reply.go_to(&format!("/helpdesk/repair/{job}"));
    Ok(job)
}

pub async fn repair_state(id: &str) -> Result<JobPage, Failure> {
    let mut page = crate::jobs::server::job(id).await?;
    // What a phone fetches four times a second is kept small: nothing of the log is shown, and of the report, when it is
    // over, what all functions say alike.
    page.log.clear();
    let over = page.job.phase == Phase::Closed;
    page.report =
        page.report.filter(|_| over).and_then(|report| serde_json::to_value(Findings::of(&report)).ok());
    Ok(page)
}
