//! What a run would do, told before it does, and the button that starts it.

use super::api::{Choice, RunOffer, Said, StartRun};
use super::form::RunForm;
use super::parts::{machines, wave_name};
use crate::format;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_nowhere;
use chrono::TimeDelta;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::function::Risk;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::Right;
use pitstop_domain::run::estimate::{Alike, Estimate, WaveEstimate};

/// The estimate, and the button that starts it.
#[component]
pub fn WouldDo(form: RunForm, offer: RunOffer) -> AnyView {
    let posted = Posted::<StartRun>::here();
    let told = posted.clone();
    let refusal = move || told.failure().map(|failure| view! { <Refusal failure/> });
    let choice = offer.functions.iter().find(|choice| choice.name == form.function).cloned();
    let body = match (&offer.wrong, &offer.estimate, choice) {
        (Some(why), _, _) => {
            view! { <p class="why">{icon(Icon::Warning)} {format::sentence(why)}</p> }.into_any()
        }
        (None, Some(estimate), Some(choice)) => {
            view! { <Told form estimate=estimate.clone() said=offer.said.clone() choice posted/> }.into_any()
        }
        (None, _, _) if offer.matching == 0 => {
            view! { <p class="muted">"No machine matches. Words must all hold: try fewer."</p> }.into_any()
        }
        _ => view! { <p class="muted">"Choose what is done, then look here before anything is started."</p> }
            .into_any(),
    };
    view! {
        <section class="panel would-do" aria-labelledby="would">
            <h2 id="would">"What would happen"</h2>
            {refusal}
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Told(form: RunForm, estimate: Estimate, said: Said, choice: Choice, posted: Posted<StartRun>) -> AnyView {
    let n = estimate.machines;
    let waves: Vec<_> = alike(&estimate.waves)
        .into_iter()
        .map(|(wave, last)| {
            view! {
                <tr>
                    <th scope="row">{rows_name(wave.wave, last)}</th>
                    <td class="number">{format::count(u64::from(wave.machines))}</td>
                    <td class="number">{format::count(u64::from(wave.at_once))}</td>
                    <td class="number">{wave.seconds.map_or("not known".to_owned(), time)}</td>
                </tr>
            }
        })
        .collect();
    let told = (!choice.told.is_empty())
        .then(|| view! { <li>"Their screens say: " {format::sentence(&choice.told)}</li> });
    view! {
        <p class="verdict figure">
            <strong>{machines(n)}</strong> ", " {format::count(u64::from(estimate.at_once))} " at once at most, "
            {estimate.total_s.map_or("for how long is not known yet".to_owned(), |s| format!("about {} in all", time(s)))}
        </p>
        <ul class="happens-list">
            <li>"Each is restarted into maintenance and back. Work that is not saved there is lost."</li>
            <li>{risk_line(choice.risk)}</li>
            {told}
            {guessed(&estimate)}
        </ul>
        <div class="scroll" tabindex="0" role="region" aria-label="Waves">
            <table class="list estimate">
                <caption class="sr-only">"Waves"</caption>
                <thead><tr><th scope="col">"Wave"</th><th scope="col" class="number">"Machines"</th><th scope="col" class="number">"At once"</th><th scope="col" class="number">"Takes"</th></tr></thead>
                <tbody>{waves}</tbody>
            </table>
        </div>
        {noted("would be refused: nothing is touched", &said.refused, Icon::Warning)}
        {noted("in another job: each waits for its end", &said.busy, Icon::Clock)}
        {noted("would be started, with something to know before", &said.warned, Icon::Eye)}
        {(n > 0).then(|| start(form, n, &choice, posted))}
    }
    .into_any()
}

fn start(form: RunForm, n: u32, choice: &Choice, posted: Posted<StartRun>) -> impl IntoView + use<> {
    let hidden = [
        ("q", form.q),
        ("function", form.function),
        ("canary", form.canary),
        ("wave", form.wave),
        ("pause", form.pause),
        ("stop_on", form.stop_on),
        ("at_once", form.at_once),
        ("per_site", form.per_site),
        ("no_show", form.no_show),
        ("ask", form.ask),
        ("countdown", form.countdown),
        ("snoozes", form.snoozes),
        ("unasked", form.unasked),
        ("when_off", form.when_off),
    ];
    let hidden: Vec<_> = hidden
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let agreed = match choice.risk {
        Risk::Destroys => Either::Left(view! {
            <div class="field">
                <label for="run-expect">{format!("It destroys data on {}. Write their number to agree", machines(n))}</label>
                <input id="run-expect" name="expect" inputmode="numeric" autocomplete="off" required/>
            </div>
        }),
        _ => Either::Right(view! { <input type="hidden" name="expect" value=n.to_string()/> }),
    };
    let class = if choice.risk == Risk::Destroys { "button danger" } else { "button primary" };
    let why = why_nowhere(Right::StartRuns).or_else(|| why_nowhere(choice.right));
    let press = format!("Run {} on {}", choice.title.to_lowercase(), machines(n));
    view! {
        <Allowed why=why><Post posted class="start-run">
            {hidden}
            {agreed}
            <button type="submit" class=class>{press}</button>
        </Post></Allowed>
    }
}

fn guessed(estimate: &Estimate) -> Option<impl IntoView + use<>> {
    let words = match (estimate.guessed, estimate.total_s) {
        (0, _) => return None,
        (_, None) => "How long it takes is told once such a job has ended on one of these models.".to_owned(),
        (n, Some(_)) => {
            format!("Nothing is known of the model of {}: taken to be as slow as the slowest.", machines(n))
        }
    };
    Some(view! { <li>{words}</li> })
}

fn risk_line(risk: Risk) -> &'static str {
    match risk {
        Risk::ReadsOnly => "The work only reads: nothing on their disks changes.",
        Risk::Repairs => "The work may change what is on their disks in order to repair it.",
        Risk::Destroys => "The work destroys data on them.",
    }
}

/// Machines by what is to be said of them.
fn noted(what: &str, said: &[Alike], drawing: Icon) -> Option<impl IntoView + use<>> {
    if said.is_empty() {
        return None;
    }
    let title = format!("{} {what}", machines(said.iter().map(|said| said.machines).sum()));
    let groups: Vec<_> = said
        .iter()
        .map(|said| {
            let more = said.machines.saturating_sub(u32::try_from(said.first.len()).unwrap_or(u32::MAX));
            let more = (more > 0).then(|| format!("and {} more", format::count(u64::from(more))));
            let first: Vec<_> = said.first.iter().map(named).collect();
            view! { <li><p>{format::sentence(&said.why)}</p><p class="names">{first}{more}</p></li> }
        })
        .collect();
    Some(view! {
        <div class="noted-part">
            <h3>{icon(drawing)} " " {title}</h3>
            <ul class="noted">{groups}</ul>
        </div>
    })
}

fn named((machine, name): &(MachineId, String)) -> impl IntoView + use<> {
    view! { <a href=format!("/machines/{machine}")>{name.clone()}</a> " " }
}

/// Waves that are alike stand in one row.
fn alike(waves: &[WaveEstimate]) -> Vec<(WaveEstimate, u32)> {
    let mut rows: Vec<(WaveEstimate, u32)> = Vec::new();
    for wave in waves {
        match rows.last_mut() {
            Some((first, last)) if first.wave > 0 && WaveEstimate { wave: first.wave, ..*wave } == *first => {
                *last = wave.wave;
            }
            _ => rows.push((*wave, wave.wave)),
        }
    }
    rows
}

fn rows_name(first: u32, last: u32) -> String {
    if first == last { wave_name(first) } else { format!("Waves {first} to {last}, each") }
}

fn time(seconds: u64) -> String {
    format::elapsed(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_that_are_alike_stand_in_one_row() {
        let wave = |wave, machines| WaveEstimate { wave, machines, at_once: machines, seconds: Some(60) };
        let rows = alike(&[wave(0, 7), wave(1, 7), wave(2, 7), wave(3, 7), wave(4, 2)]);
        let names: Vec<_> = rows.iter().map(|(first, last)| rows_name(first.wave, *last)).collect();
        assert_eq!(names, ["Canary", "Waves 1 to 3, each", "Wave 4"]);
    }
}
