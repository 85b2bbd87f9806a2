use super::super::api::JobPage;
use super::super::samples::{at, queued};
use super::{Measure, State, Step, steps};
use chrono::TimeDelta;
use pitstop_domain::facts::CallState;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::route::Route;
use pitstop_domain::sighting::{FetchStep, Told};

fn step(page: &JobPage, title: &str) -> Step {
    steps(page).into_iter().find(|step| step.title == title).unwrap()
}

fn states(page: &JobPage) -> Vec<State> {
    steps(page).iter().map(|step| step.state).collect()
}

fn switching() -> JobPage {
    queued().moved(1, Phase::Switching).called(1, Route::Agent, CallState::Accepted)
}

#[test]
fn a_queued_job_has_found_its_image_and_nothing_more() {
    use State::{Ahead, Done};
    assert_eq!(states(&queued()), [Done, Ahead, Ahead, Ahead, Ahead, Ahead, Ahead]);
}

#[test]
fn an_accepted_call_is_not_a_restart() {
    let page = switching();
    assert_eq!(step(&page, "Restarting").state, State::Now);
    assert_eq!(step(&page, "Transferring").state, State::Ahead);
    let page = page.asked(5, Told::Maintenance);
    assert_eq!(step(&page, "Restarting").state, State::Done);
    assert_eq!(step(&page, "Restarting").took, Some(TimeDelta::seconds(4)));
}

#[test]
fn a_transfer_shows_the_bytes_that_were_measured() {
    let page = switching()
        .asked(5, Told::Maintenance)
        .fetched(6, FetchStep::Loader, 90, true)
        .fetched(7, FetchStep::Kernel, 0, false)
        .fetched(9, FetchStep::Kernel, 400, true)
        .fetched(9, FetchStep::Initrd, 100, false);
    let transfer = step(&page, "Transferring");
    assert_eq!((transfer.state, transfer.measure), (State::Now, Some(Measure { done: 500, total: 1000 })));
    assert_eq!(transfer.took, None);
    assert_eq!(transfer.lines[0].text, "500 B of 1000 B");
    assert_eq!(step(&page, "Starting").state, State::Ahead);
}

#[test]
fn the_last_byte_is_not_a_running_image() {
    let page = switching().fetched(7, FetchStep::Kernel, 400, true).fetched(10, FetchStep::Initrd, 600, true);
    assert_eq!(step(&page, "Transferring").state, State::Done);
    assert_eq!(step(&page, "Starting").state, State::Now);
    assert_eq!(step(&page, "Working").state, State::Ahead);
    let page = page.moved(15, Phase::Running);
    assert_eq!(step(&page, "Starting").took, Some(TimeDelta::seconds(5)));
    assert_eq!(step(&page, "Working").state, State::Now);
}

#[test]
fn what_nobody_saw_is_said_to_be_unseen() {
    let page = switching().moved(15, Phase::Running);
    assert_eq!(step(&page, "Restarting").state, State::Unseen);
    assert_eq!(step(&page, "Transferring").state, State::Unseen);
    assert_eq!(step(&page, "Starting").state, State::Done);
}

#[test]
fn an_image_without_an_agent_is_handed_over_and_not_seen_running() {
    let mut page = switching().fetched(9, FetchStep::Program, 1000, true).moved(9, Phase::Running);
    page.job.plan.image_agent = false;
    assert_eq!(step(&page, "Starting").state, State::Unseen);
}

#[test]
fn fetches_of_an_earlier_attempt_do_not_count() {
    let page = switching().fetched(7, FetchStep::Initrd, 1000, true).moved(20, Phase::Switching);
    assert_eq!(step(&page, "Transferring").state, State::Ahead);
    assert_eq!(step(&page, "Restarting").state, State::Now);
}

#[test]
fn kexec_fetches_before_it_starts() {
    let page = queued().moved(1, Phase::Switching).called(1, Route::AgentKexec, CallState::Accepted);
    let titles: Vec<_> = steps(&page).iter().map(|step| step.title).collect();
    assert_eq!(titles, ["Located", "Transferring", "Starting by kexec", "Working", "Returning", "Back"]);
}

#[test]
fn the_way_back_ends_with_a_proof_and_with_nothing_less() {
    let page =
        switching().moved(15, Phase::Running).moved(60, Phase::Restoring).ended(Outcome::Succeeded, "fine");
    assert_eq!(step(&page, "Working").took, Some(TimeDelta::seconds(45)));
    assert_eq!((step(&page, "Returning").state, step(&page, "Back").state), (State::Now, State::Ahead));
    let mut closed = page.clone().moved(80, Phase::Closed);
    assert_eq!(
        (step(&closed, "Returning").state, step(&closed, "Back").state),
        (State::Failed, State::Failed)
    );
    closed.job.proof = Some(Proof::Agent);
    let back = step(&closed, "Back");
    assert_eq!((back.state, back.at), (State::Done, Some(at(80))));
    assert_eq!(back.lines[0].text, "its own system reported a new boot");
}

#[test]
fn a_held_job_is_not_back() {
    let page = switching().moved(15, Phase::Running).moved(60, Phase::Restoring).moved(90, Phase::Held);
    assert_eq!((step(&page, "Returning").state, step(&page, "Back").state), (State::Held, State::Ahead));
}

#[test]
fn a_job_cancelled_in_the_queue_touched_nothing() {
    let page = queued().moved(3, Phase::Closed).ended(Outcome::Cancelled, "cancelled");
    assert_eq!(step(&page, "Working").state, State::Skipped);
    assert_eq!(step(&page, "Back").lines[0].text, "it never left its own system");
}

#[test]
fn only_the_step_that_failed_is_called_failed() {
    let page = queued().moved(1, Phase::Switching).called(1, Route::Agent, CallState::Refused);
    let mut page = page.moved(3, Phase::Restoring).ended(Outcome::Failed, "no").moved(3, Phase::Closed);
    page.job.proof = Some(Proof::Untouched);
    use State::{Done, Failed, Skipped};
    assert_eq!(states(&page), [Done, Failed, Skipped, Skipped, Skipped, Skipped, Done]);
    assert_eq!(step(&page, "Working").at, None);
}
