//! The steps of a trip in plain words, made of those that engineers see: they say no more, and less of how.

use super::words;
use crate::format;
use crate::jobs::api::JobPage;
use crate::jobs::stepper::{Line, State, Step, steps};
use pitstop_domain::job::Phase;
use pitstop_domain::proof::Proof;

/// The steps as whoever helps on the phone reads them out.
pub fn plain(page: &JobPage) -> Vec<Step> {
    steps(page).into_iter().map(|step| in_plain_words(page, step)).collect()
}

fn in_plain_words(page: &JobPage, step: Step) -> Step {
    let now = step.state == State::Now;
    let (title, line): (&'static str, Option<String>) = match step.title {
        "Located" => ("Located", Some("what it needs was found".to_owned())),
        "Restarting" => ("Restarting", now.then(|| asks_to_restart(page))),
        "Transferring" => ("Transferring", now.then(|| "the repair system goes to the machine".to_owned())),
        "Working" => ("Working", working(&step)),
        "Returning" => ("Returning", now.then(|| "it starts its own system again".to_owned())),
        "Back" => ("Back", back(page)),
        _ => ("Getting ready", now.then(|| "the repair system starts".to_owned())),
    };
    let line = match step.state {
        State::Failed if step.title != "Back" => Some("this did not succeed".to_owned()),
        State::Held => Some("it was not seen again; an engineer is called".to_owned()),
        State::Unseen => Some("nobody saw it, but it must have been".to_owned()),
        _ => line,
    };
    // Bytes are for engineers; per cent are for everybody.
    Step { title, lines: line.into_iter().map(Line::from).collect(), ..step }
}

fn asks_to_restart(page: &JobPage) -> String {
    match page.person_call() {
        Some(_) => "somebody at the machine must restart it: see below".to_owned(),
        None => "the machine is told to restart".to_owned(),
    }
}

fn working(step: &Step) -> Option<String> {
    let said = step.lines.first().map(|line| line.text.clone());
    said.filter(|_| step.state == State::Now)
}

fn back(page: &JobPage) -> Option<String> {
    match (page.job.phase, page.job.proof) {
        (Phase::Closed, Some(Proof::Untouched)) => Some("it never left its own system".to_owned()),
        (Phase::Closed, Some(_)) => Some("it can be used again".to_owned()),
        (Phase::Closed, None) => Some("somebody should look at it".to_owned()),
        _ => None,
    }
}

/// What to say now, in one sentence.
pub fn say_now(page: &JobPage) -> String {
    let rest = || {
        let usual = page.usual_s?;
        let spent = u64::try_from((page.asked_at - page.created_at).num_seconds()).unwrap_or(0);
        (usual > spent).then(|| format!(" {} to go, usually.", format::begin(&words::about(usual - spent))))
    };
    let now = match page.job.phase {
        Phase::Queued if page.behind.is_some() => "It waits: another job has the machine.",
        Phase::Queued => "It begins in a moment.",
        Phase::Switching if page.person_call().is_some() => "Somebody at the machine must restart it.",
        Phase::Switching => "The machine restarts. Please leave it switched on.",
        Phase::Running => "The machine is being worked on. Please leave it switched on.",
        Phase::Restoring => "The work is done. The machine starts its own system again.",
        Phase::Held => "The machine was not seen again. An engineer decides now; you need do nothing.",
        Phase::Closed => "It is over.",
    };
    let goes_on = matches!(page.job.phase, Phase::Switching | Phase::Running) && page.person_call().is_none();
    format!("{now}{}", rest().filter(|_| goes_on).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::samples::queued;
    use pitstop_domain::job::Outcome;

    fn titles(page: &JobPage) -> Vec<&'static str> {
        plain(page).into_iter().map(|step| step.title).collect()
    }

    #[test]
    fn the_steps_are_the_same_in_simpler_words() {
        let page = queued().moved(1, Phase::Switching);
        let all = ["Located", "Restarting", "Transferring", "Getting ready", "Working", "Returning", "Back"];
        assert_eq!(titles(&page), all);
        assert_eq!(say_now(&page), "The machine restarts. Please leave it switched on.");
    }

    #[test]
    fn that_it_can_be_used_is_said_only_when_it_is_proven_back() {
        let mut page = queued()
            .moved(1, Phase::Switching)
            .moved(10, Phase::Running)
            .moved(70, Phase::Restoring)
            .ended(Outcome::Succeeded, "no error")
            .moved(90, Phase::Closed);
        let last = |page: &JobPage| plain(page).pop().unwrap().lines.pop().unwrap().text;
        assert_eq!(last(&page), "somebody should look at it");
        page.job.proof = Some(Proof::Agent);
        assert_eq!(last(&page), "it can be used again");
    }

    #[test]
    fn the_time_that_is_left_is_told_while_the_machine_is_worked_on() {
        let mut page = queued().moved(1, Phase::Switching).moved(10, Phase::Running);
        page.usual_s = Some(700);
        page.asked_at = page.created_at + chrono::TimeDelta::seconds(100);
        assert!(say_now(&page).ends_with("About 10 minutes to go, usually."), "{}", say_now(&page));
    }
}
