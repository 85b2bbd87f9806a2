//! The steps of a trip as values: what each shows follows from what was measured, and never says more.

use super::api::JobPage;
use super::trip::Trip;
use crate::format;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::facts::CallState;
use pitstop_domain::job::Phase;
use pitstop_domain::proof::Proof;
use pitstop_domain::route::{Route, Target};

/// One step of the trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub title: &'static str,
    pub state: State,
    /// When it began; for a step that is a moment, when that was.
    pub at: Option<Time>,
    pub took: Option<TimeDelta>,
    pub measure: Option<Measure>,
    pub lines: Vec<Line>,
}

/// A line below a step: words, and perhaps the moment they speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub text: String,
    pub at: Option<Time>,
}

impl<T: Into<String>> From<T> for Line {
    fn from(text: T) -> Self {
        Self { text: text.into(), at: None }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Done,
    Now,
    Ahead,
    /// It was tried and did not come to pass.
    Failed,
    /// It waits for a person.
    Held,
    /// Not needed, or never reached.
    Skipped,
    /// The trip is past it, and nobody saw it happen.
    Unseen,
}

/// A measured share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub done: u64,
    pub total: u64,
}

impl State {
    /// The word beside the mark, for those who do not see it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "to come",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Skipped => "did not happen",
            Self::Unseen => "not seen",
        }
    }

    /// The word in classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "ahead",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Unseen => "unseen",
        }
    }
}

impl Step {
    fn new(title: &'static str, state: State) -> Self {
        Self { title, state, at: None, took: None, measure: None, lines: vec![] }
    }

    fn lasting(mut self, from: Option<Time>, to: Option<Time>) -> Self {
        self.at = from.or(to);
        self.took = from.zip(to).map(|(from, to)| to - from);
        self
    }

    fn line(mut self, line: impl Into<Line>) -> Self {
        self.lines.push(line.into());
        self
    }
}

/// All steps, in the order in which this trip makes them: kexec fetches before it restarts.
pub fn steps(page: &JobPage) -> Vec<Step> {
    let trip = Trip::of(page);
    let mut steps = vec![located(page)];
    if kexec(page) {
        steps.extend([transferring(page, &trip), starting(page, &trip, "Starting by kexec")]);
    } else {
        steps.extend([restarting(page, &trip), transferring(page, &trip), starting(page, &trip, "Starting")]);
    }
    not_reached(&mut steps);
    steps.extend([working(page, &trip), returning(page, &trip), back(page)]);
    steps
}

/// After the step that failed, the others on the way into maintenance were not tried.
fn not_reached(steps: &mut [Step]) {
    let rest = steps.iter_mut().skip_while(|step| step.state != State::Failed).skip(1);
    for step in rest.filter(|step| step.state == State::Failed) {
        *step = Step::new(step.title, State::Skipped);
    }
}

/// The route that the last attempt at switching takes is the agent's kexec.
fn kexec(page: &JobPage) -> bool {
    let called =
        page.calls.iter().rev().find(|call| call.target == Target::Maintenance).map(|call| &call.route);
    let route = called.or_else(|| page.job.ladder(Target::Maintenance).first().copied());
    matches!(route, Some(Route::AgentKexec))
}

fn located(page: &JobPage) -> Step {
    let step = Step { at: Some(page.created_at), ..Step::new("Located", State::Done) };
    match &page.image {
        Some(image) => {
            step.line(format!("{} {}", image.name, image.version)).line(format::bytes(image.bytes))
        }
        None => step.line(page.job.image.short()),
    }
}

/// Before switching nothing was asked of the machine; past it, what was not seen is said to be so.
fn passed(page: &JobPage, trip: &Trip, seen: bool) -> State {
    match (page.job.phase, seen) {
        (_, true) => State::Done,
        (Phase::Queued, _) => State::Ahead,
        (Phase::Switching, _) => State::Now,
        _ if trip.switching.is_none() => State::Skipped,
        _ if trip.running.is_some() => State::Unseen,
        _ => State::Failed,
    }
}

fn restarting(page: &JobPage, trip: &Trip) -> Step {
    let seen = trip.asked.into_iter().chain(trip.fetch_began()).min();
    let mut step = Step::new("Restarting", passed(page, trip, seen.is_some())).lasting(trip.switching, seen);
    step.lines.extend(last_call(page, Phase::Switching));
    if let Some(asked) = trip.asked.filter(|_| step.took.is_some()) {
        step.lines.push(Line { text: "it asked how to boot".to_owned(), at: Some(asked) });
    }
    step
}

fn transferring(page: &JobPage, trip: &Trip) -> Step {
    let total = page.image.as_ref().map(|image| image.bytes);
    let (began, ended) = (trip.fetch_began(), trip.fetch_ended(total));
    let state = match passed(page, trip, ended.is_some()) {
        State::Now if began.is_none() => State::Ahead,
        State::Unseen if began.is_some() => State::Done,
        state => state,
    };
    let mut step = Step::new("Transferring", state).lasting(began, ended);
    let bytes = trip.bytes();
    if began.is_none() {
        return step;
    }
    step.measure = total.filter(|total| *total > 0).map(|total| Measure { done: bytes.min(total), total });
    let of = total.map(|total| format!(" of {}", format::bytes(total))).unwrap_or_default();
    step.lines.push(format!("{}{of}", format::bytes(bytes)).into());
    step.lines.extend(image_rate(trip).map(Line::from));
    step
}

/// The rate of the image's own files. Where only their ends were seen, it counts from the first file of all:
/// rather too slow than too fast.
fn image_rate(trip: &Trip) -> Option<String> {
    let began = trip.parts().filter_map(|hop| hop.began).min().or_else(|| trip.fetch_began())?;
    let last = trip.parts().map(|hop| hop.at).max()?;
    format::rate(trip.bytes(), last - began)
}

fn starting(page: &JobPage, trip: &Trip, title: &'static str) -> Step {
    let fetched = trip.fetch_ended(page.image.as_ref().map(|image| image.bytes));
    let state = match passed(page, trip, trip.running.is_some()) {
        State::Now if fetched.is_none() => State::Ahead,
        // An image without our agent is known to be handed over, and no more.
        State::Done if !page.job.plan.image_agent => State::Unseen,
        state => state,
    };
    let step = Step::new(title, state).lasting(fetched, trip.running);
    match state {
        State::Now => step.line("all was fetched; it has not reported yet"),
        State::Done => step.line("the image reported"),
        State::Unseen => step.line("handed over; this image does not report"),
        _ => step,
    }
}

fn working(page: &JobPage, trip: &Trip) -> Step {
    let state = match (page.job.phase, trip.running) {
        (Phase::Running, _) => State::Now,
        (Phase::Queued | Phase::Switching, _) => State::Ahead,
        (_, Some(_)) => State::Done,
        (_, None) => State::Skipped,
    };
    let mut step =
        Step::new("Working", state).lasting(trip.running, trip.restoring.filter(|_| trip.running.is_some()));
    if let Some(progress) = &trip.progress {
        step.measure = Some(Measure { done: u64::from(progress.permille.min(1000)), total: 1000 });
        if !progress.text.is_empty() {
            step.lines.push(progress.text.clone().into());
        }
    }
    step
}

fn returning(page: &JobPage, trip: &Trip) -> Step {
    let state = match (page.job.phase, page.job.proof) {
        (Phase::Restoring, _) => State::Now,
        (Phase::Held, _) => State::Held,
        (Phase::Closed, Some(Proof::Untouched)) => State::Skipped,
        (Phase::Closed, Some(_)) => State::Done,
        (Phase::Closed, None) if trip.restoring.is_some() => State::Failed,
        (Phase::Closed, None) => State::Skipped,
        _ => State::Ahead,
    };
    let mut step = Step::new("Returning", state).lasting(
        trip.restoring.filter(|_| state != State::Skipped),
        page.closed_at.filter(|_| state == State::Done),
    );
    step.lines.extend(last_call(page, Phase::Restoring));
    if let Some(home) = trip.sent_home {
        step.lines.push(Line { text: "it asked how to boot and was sent home".to_owned(), at: Some(home) });
    }
    step
}

fn back(page: &JobPage) -> Step {
    match (page.job.phase, page.job.proof) {
        (Phase::Closed, Some(proof)) => {
            let step = Step { at: page.closed_at, ..Step::new("Back", State::Done) };
            step.line(proof.words())
        }
        (Phase::Closed, None) if page.job.switching_since.is_none() => {
            Step::new("Back", State::Done).line(Proof::Untouched.words())
        }
        (Phase::Closed, None) => Step::new("Back", State::Failed).line("its return is not proven"),
        (Phase::Held, _) => Step::new("Back", State::Ahead).line("not seen in its own system"),
        _ => Step::new("Back", State::Ahead),
    }
}

/// The newest call of a phase and what became of it.
fn last_call(page: &JobPage, phase: Phase) -> Option<Line> {
    let call = page.calls.iter().rev().find(|call| call.phase == phase && call.state != CallState::Void)?;
    let attempt = if call.attempt > 1 { format!("attempt {}: ", call.attempt) } else { String::new() };
    let became = match call.state {
        CallState::Waiting => "asked for",
        CallState::Started => "being prepared",
        CallState::Pressed => "asked, not answered",
        CallState::Accepted => "accepted",
        CallState::Refused => "refused",
        CallState::Void => "taken back",
    };
    Some(format!("{attempt}{}, {became}", call.route.words()).into())
}

#[cfg(test)]
#[path = "stepper_tests.rs"]
mod tests;
