//! What was measured on a trip, taken from history and sightings. Nothing is guessed: what was not seen is
//! `None`.

use super::api::JobPage;
use pitstop_domain::Time;
use pitstop_domain::job::Phase;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};

/// The moments and figures of a trip, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trip {
    /// The last attempt at switching began.
    pub switching: Option<Time>,
    /// The machine asked how to boot and was told: maintenance.
    pub asked: Option<Time>,
    pub hops: Vec<Hop>,
    pub running: Option<Time>,
    /// The way back began.
    pub restoring: Option<Time>,
    /// The machine asked how to boot and was left to its own system.
    pub sent_home: Option<Time>,
    pub progress: Option<Progress>,
}

/// One file on its way to the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    pub step: FetchStep,
    pub name: String,
    pub bytes: u64,
    pub total: Option<u64>,
    pub done: bool,
    /// First seen on its way; `None` when only its end was seen.
    pub began: Option<Time>,
    pub at: Time,
}

/// How far the work is, as the agent says.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub at: Time,
    pub permille: u16,
    pub text: String,
}

impl Trip {
    /// Reads the trip off a page.
    pub fn of(page: &JobPage) -> Self {
        let entered = |phase: Phase| page.history.iter().find(|line| line.to == phase && line.from != phase);
        let switching =
            page.history.iter().rev().find(|line| line.to == Phase::Switching).map(|line| line.at);
        let restoring = entered(Phase::Restoring).map(|line| line.at);
        let mut trip = Self {
            switching,
            running: entered(Phase::Running).map(|line| line.at),
            restoring,
            hops: hops(page, switching),
            ..Self::default()
        };
        for seen in &page.sightings {
            let at = seen.at;
            match &seen.sighting {
                Sighting::AskedToBoot { told: Told::Maintenance, .. }
                    if Some(at) >= switching && switching.is_some() =>
                {
                    trip.asked = Some(trip.asked.map_or(at, |first: Time| first.min(at)));
                }
                Sighting::AskedToBoot { told: Told::OwnSystem, .. }
                    if restoring.is_some_and(|from| at >= from) =>
                {
                    trip.sent_home = trip.sent_home.max(Some(at));
                }
                Sighting::Progress { job, permille, text }
                    if *job == page.job.id && trip.progress.as_ref().is_none_or(|p| p.at <= at) =>
                {
                    trip.progress = Some(Progress { at, permille: *permille, text: text.clone() });
                }
                _ => {}
            }
        }
        trip
    }

    /// Files of the image itself: what its size counts.
    pub fn parts(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.step > FetchStep::Script)
    }

    /// Bytes of the image that reached the machine.
    pub fn bytes(&self) -> u64 {
        self.parts().map(|hop| hop.bytes).sum()
    }

    /// When the first file of any kind set out, or was first seen.
    pub fn fetch_began(&self) -> Option<Time> {
        self.hops.iter().map(|hop| hop.began.unwrap_or(hop.at)).min()
    }

    /// When the last byte of the whole image reached the machine.
    pub fn fetch_ended(&self, image_bytes: Option<u64>) -> Option<Time> {
        let last = |hop: &Hop| matches!(hop.step, FetchStep::Initrd | FetchStep::Program);
        let whole = image_bytes.is_some_and(|total| total > 0 && self.bytes() >= total);
        let ended = self.parts().all(|hop| hop.done) && (whole || self.parts().any(last));
        ended.then(|| self.parts().map(|hop| hop.at).max()).flatten()
    }
}

/// The files of the last attempt at switching, in the order in which they were first seen. A file that was
/// fetched again counts once, as it went last.
fn hops(page: &JobPage, since: Option<Time>) -> Vec<Hop> {
    let Some(since) = since else { return vec![] };
    let mut seen: Vec<(Time, &Fetched)> = page
        .sightings
        .iter()
        .filter(|seen| seen.at >= since)
        .filter_map(|seen| match &seen.sighting {
            Sighting::Fetched(fetched) if fetched.job.is_none_or(|job| job == page.job.id) => {
                Some((seen.at, fetched))
            }
            _ => None,
        })
        .collect();
    seen.sort_by_key(|(at, fetched)| (*at, fetched.done, fetched.bytes));
    let mut hops: Vec<Hop> = Vec::new();
    for (at, fetched) in seen {
        let began = (!fetched.done).then_some(at);
        match hops.iter_mut().find(|hop| hop.step == fetched.step && hop.name == fetched.name) {
            // The same line from history and from the newest facts.
            Some(hop) if hop.at == at && hop.bytes == fetched.bytes && hop.done == fetched.done => {}
            Some(hop) => {
                let again = hop.done || fetched.bytes < hop.bytes;
                let began = if again { began } else { hop.began };
                *hop = Hop { began, at, ..hop_of(at, fetched) };
            }
            None => hops.push(Hop { began, ..hop_of(at, fetched) }),
        }
    }
    hops.retain(|hop| hop.bytes > 0 || !hop.done);
    hops.sort_by_key(|hop| hop.step);
    hops
}

fn hop_of(at: Time, fetched: &Fetched) -> Hop {
    Hop {
        step: fetched.step,
        name: fetched.name.clone(),
        bytes: fetched.bytes,
        total: fetched.total,
        done: fetched.done,
        began: None,
        at,
    }
}
