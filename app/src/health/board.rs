//! What a machine's management board says: how it stands with asking it, its parts, and its log.

use super::desk::BoardPage;
use crate::parts::{Icon, icon};
use crate::people::pages::frame::when;
use leptos::prelude::*;
use pitstop_domain::health::Metric;
use pitstop_domain::health::board::{Level, Part};

/// Parts that are shown before somebody wants all: those that are not well are among them.
const FIRST: usize = 8;

/// The board, and its log.
pub(super) fn board(board: &BoardPage) -> AnyView {
    let asked = match (&board.silent, board.answered_at) {
        (Some((since, times, why)), answered) => {
            let times = if *times == 1 { "asked once".to_owned() } else { format!("asked {times} times") };
            let before = answered.map(|at| view! { " It answered last at " {when(at)} ", and what it said then stands." });
            view! {
                <p class="verdict" data-better="false">{icon(Icon::Warning)} <strong>"It does not answer"</strong> ", since " {when(*since)} ", " {times} ": " {why.clone()} "."</p>
                <p class="muted">"Its silence makes the machine neither well nor ill." {before} " It is asked again at " {when(board.due_at)} "."</p>
            }
            .into_any()
        }
        (None, Some(at)) => view! { <p class="muted">"Answered at " {when(at)} ", and is asked again at " {when(board.due_at)} "."</p> }.into_any(),
        (None, None) => view! { <p class="muted">"It has not been asked yet. Its turn comes at " {when(board.due_at)} "."</p> }.into_any(),
    };
    let troubles = board.reading.iter().flat_map(|reading| &reading.troubles);
    let troubles: Vec<_> = troubles.map(|why| view! { <li>"Not read: " {why.clone()}</li> }).collect();
    let troubles = (!troubles.is_empty()).then(|| view! { <ul class="lines">{troubles}</ul> });
    let verdict = board.reading.as_ref().and_then(|reading| reading.health).map(|level| {
        view! { <p>"It finds the machine " {chip(Some(level))}</p> }
    });
    view! {
        <section class="panel board" aria-labelledby="board"><h2 id="board">"Management board"</h2>
            <p class="muted">{board.origin.clone()}</p>
            {asked}{verdict}{troubles}{parts(board)}{log(board)}
        </section>
    }
    .into_any()
}

fn parts(board: &BoardPage) -> Option<AnyView> {
    let reading = board.reading.as_ref()?;
    let mut rows: Vec<_> = reading.worst_first().into_iter().map(part).collect();
    if rows.is_empty() {
        let words = match reading.troubles.is_empty() {
            true => "It tells of no sensors, fans or power supplies.",
            false => "No sensors, fans or power supplies were read.",
        };
        return Some(view! { <p class="muted">{words}</p> }.into_any());
    }
    let rest = rows.split_off(rows.len().min(FIRST));
    let more = rest.len();
    let rest = (more > 0).then(|| {
        view! { <details class="more"><summary>{format!("{more} more")}</summary><ul class="lines parts">{rest}</ul></details> }
    });
    Some(view! { <h3>"Parts"</h3><ul class="lines parts">{rows}</ul>{rest} }.into_any())
}

fn part(part: &Part) -> AnyView {
    let reading = part.reading.as_ref().map(|(value, unit)| {
        let digits = usize::from(value.abs() < 100.0 && value.fract() != 0.0);
        format!("{value:.digits$} {unit}")
    });
    view! { <li><span>{part.name.clone()} " " <span class="muted">{part.what.title()}</span></span> <span class="figure">{reading}</span> {chip(part.level)}</li> }
        .into_any()
}

fn log(board: &BoardPage) -> Option<AnyView> {
    let entries: Vec<_> = board
        .entries
        .iter()
        .map(|entry| {
            let seen = match entry.is_history {
                true => view! { <span class="muted">"there before it was first read"</span> }.into_any(),
                false => view! { <span class="muted">"read at " {when(entry.seen_at)}</span> }.into_any(),
            };
            view! { <li>{chip(Some(entry.level))} <span>{entry.message.clone()}</span> <span class="muted">{entry.created.clone()}</span> {seen}</li> }
        })
        .collect();
    if entries.is_empty() {
        let words = match board.reading.as_ref()?.has_log {
            true => "No warnings in its log.",
            false => "No log was read.",
        };
        return Some(view! { <h3>"Log"</h3><p class="muted">{words}</p> }.into_any());
    }
    let note = "Warnings and worse, by the board's own clock. What was there before it was first read is nobody's alert.";
    Some(
        view! { <h3>"Log"</h3><p class="muted">{note}</p><ul class="lines tidings">{entries}</ul> }
            .into_any(),
    )
}

/// How the board finds it; where it does not say, that is said.
fn chip(level: Option<Level>) -> AnyView {
    let (hue, drawing, words) = match level {
        Some(Level::Ok) => ("succeeded", Icon::Check, Metric::BoardHealth.say(0.0)),
        Some(Level::Warning) => ("queued", Icon::Warning, "warning".to_owned()),
        Some(Level::Critical) => ("held", Icon::Cross, "critical".to_owned()),
        None => return view! { <span class="muted">"not judged"</span> }.into_any(),
    };
    view! { <span class="chip" data-state=hue>{icon(drawing)}{words}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::desk::BoardEntry;
    use pitstop_domain::Time;
    use pitstop_domain::health::board::{Reading, What};

    fn page() -> BoardPage {
        BoardPage {
            origin: "https://bmc.example".to_owned(),
            answered_at: None,
            silent: None,
            due_at: Time::UNIX_EPOCH,
            reading: None,
            entries: vec![],
        }
    }

    #[test]
    fn a_board_that_was_never_asked_says_when_its_turn_comes_and_nothing_of_health() {
        let drawn = board(&page()).to_html();
        assert!(drawn.contains("has not been asked yet") && !drawn.contains("No warnings"), "{drawn}");
    }

    #[test]
    fn a_silent_board_says_why_and_that_nothing_follows() {
        let silent = Some((Time::UNIX_EPOCH, 3, "it cannot be reached".to_owned()));
        let drawn = board(&BoardPage { silent, ..page() }).to_html();
        for words in ["It does not answer", "asked 3 times", "it cannot be reached", "neither well nor ill"] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
    }

    #[test]
    fn what_was_not_read_is_not_said_to_be_nothing() {
        let drawn = |reading: Reading| board(&BoardPage { reading: Some(reading), ..page() }).to_html();
        let failed =
            drawn(Reading { troubles: vec!["the sensors do not answer".to_owned()], ..Reading::default() });
        assert!(
            failed.contains("were read")
                && failed.contains("No log was read")
                && !failed.contains("It tells of no"),
            "{failed}"
        );
        let bare = drawn(Reading { has_log: true, ..Reading::default() });
        assert!(bare.contains("It tells of no sensors") && bare.contains("No warnings in its log"), "{bare}");
    }

    #[test]
    fn what_is_not_well_stands_first_and_what_is_not_judged_is_not_called_well() {
        let part = |name: &str, level| Part { what: What::Fan, name: name.to_owned(), reading: None, level };
        let parts =
            vec![part("calm", Some(Level::Ok)), part("odd", None), part("still", Some(Level::Critical))];
        let reading = Some(Reading { parts, ..Reading::default() });
        let entry = BoardEntry {
            level: Level::Critical,
            created: "2026-11-28T10:00:00Z".to_owned(),
            message: "<b>stands still</b>".to_owned(),
            seen_at: Time::UNIX_EPOCH,
            is_history: true,
        };
        let drawn = board(&BoardPage { reading, entries: vec![entry], ..page() }).to_html();
        let at = |words: &str| drawn.find(words).unwrap();
        assert!(at("still") < at("calm") && drawn.contains("not judged"), "{drawn}");
        assert!(drawn.contains("there before") && !drawn.contains("<b>"), "{drawn}");
    }
}
