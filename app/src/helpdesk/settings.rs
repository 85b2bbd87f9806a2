//! `/settings/help-desk`: the symptoms, and which functions help. Rendered whole, with no program in the browser.

use super::symptoms::drawing;
use crate::Failure;
use crate::parts::icon;
use crate::people::desk::{Desk, Help};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::symptom::{Sign, Symptom};
use std::collections::HashMap;

const HERE: &str = "/settings/help-desk";
/// Functions of one symptom: after the third nobody remembers which it will be.
const FUNCTIONS: usize = 3;

type Filled = Form<HashMap<String, String>>;

/// What was filled in and not taken: it stands in the form again.
struct Refused {
    /// The symptom that it was to change; `None`: a new one.
    of: Option<String>,
    symptom: Symptom,
    why: Failure,
}

/// `GET /settings/help-desk`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &*entered.desk, None).await
}

/// `POST /settings/help-desk`: another symptom, after the others.
pub async fn add(frame: Frame, Extension(entered): Extension<Entered>, Form(filled): Filled) -> Response {
    let desk = &*entered.desk;
    let symptom = read(&filled, named(filled.get("words").map_or("", String::as_str)));
    let done = async {
        let before = desk.symptoms().await?;
        let mut after = before.clone();
        after.push(symptom.clone());
        let what = format!("added the symptom “{}”", symptom.words);
        desk.set_symptoms(&before, &after, &what).await
    };
    match done.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => page(&frame, desk, Some(Refused { of: None, symptom, why })).await,
    }
}

/// `POST /settings/help-desk/{symptom}`: other words, other functions.
pub async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
    Form(filled): Filled,
) -> Response {
    let desk = &*entered.desk;
    let symptom = read(&filled, name.clone());
    let done = async {
        let before = desk.symptoms().await?;
        let at = position(&before, &name)?;
        // Who wrote over a page that is not what it was would take back what others did.
        if filled.get("seen").is_some_and(|seen| *seen != written(&before[at])) {
            let why = "Somebody changed this symptom meanwhile. Look at it again, then change yours.";
            return Err(Failure::Refused(why.to_owned()));
        }
        let mut after = before.clone();
        after[at] = symptom.clone();
        desk.set_symptoms(&before, &after, &format!("changed the symptom “{}”", symptom.words)).await
    };
    match done.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => page(&frame, desk, Some(Refused { of: Some(name), symptom, why })).await,
    }
}

/// `POST /settings/help-desk/{symptom}/{act}`: `up`, `down`, or `remove`.
pub async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((name, act)): Path<(String, String)>,
) -> Response {
    let desk = &*entered.desk;
    let done = async {
        let before = desk.symptoms().await?;
        let at = position(&before, &name)?;
        let (after, what) = moved(&before, at, &act)?;
        desk.set_symptoms(&before, &after, &format!("{what} the symptom “{}”", before[at].words)).await
    };
    match done.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => frame.trouble(&why),
    }
}

fn moved(before: &[Symptom], at: usize, act: &str) -> Result<(Vec<Symptom>, &'static str), Failure> {
    let mut after = before.to_vec();
    let what = match act {
        "up" if at > 0 => {
            after.swap(at, at - 1);
            "moved up"
        }
        "down" if at + 1 < after.len() => {
            after.swap(at, at + 1);
            "moved down"
        }
        // It stands there already: somebody else was quicker.
        "up" | "down" => "left in its place",
        "remove" => {
            after.remove(at);
            "removed"
        }
        _ => return Err(Failure::not_found("act")),
    };
    Ok((after, what))
}

fn position(symptoms: &[Symptom], name: &str) -> Result<usize, Failure> {
    symptoms.iter().position(|symptom| symptom.name == name).ok_or_else(|| Failure::not_found("symptom"))
}

/// As it is compared when a form comes back.
fn written(symptom: &Symptom) -> String {
    serde_json::to_string(symptom).unwrap_or_default()
}

/// A word for addresses, of words that people say.
fn named(words: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = words.chars().map(plain).collect();
    let parts: Vec<_> = text.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(40).collect();
    name.trim_end_matches('-').to_owned()
}

fn read(filled: &HashMap<String, String>, name: String) -> Symptom {
    let text = |key: &str| filled.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    let sign = Sign::ALL.into_iter().find(|sign| sign.name() == text("sign")).unwrap_or_default();
    let functions =
        (0..FUNCTIONS).map(|n| text(&format!("function{n}"))).filter(|name| !name.is_empty()).collect();
    Symptom { name, words: text("words"), also: text("also"), sign, functions, looks: text("looks") }
}

async fn page(frame: &Frame, desk: &dyn Desk, refused: Option<Refused>) -> Response {
    let (symptoms, helps) = match (desk.symptoms().await, desk.helps().await) {
        (Ok(symptoms), Ok(helps)) => (symptoms, helps),
        (Err(why), _) | (_, Err(why)) => return frame.trouble(&why),
    };
    let status = refused.as_ref().map_or(StatusCode::OK, |refused| status_of(&refused.why));
    let of = |name: Option<&str>| refused.as_ref().filter(|refused| refused.of.as_deref() == name);
    let last = symptoms.len().saturating_sub(1);
    let each: Vec<_> = symptoms
        .iter()
        .enumerate()
        .map(|(n, symptom)| line(symptom, (n > 0, n < last), of(Some(&symptom.name)), &helps))
        .collect();
    let empty = each.is_empty().then(|| {
        view! { <p class="muted">"No symptom: the help desk finds machines, and can press nothing. Add the first."</p> }
    });
    let new = of(None);
    let blank = read(&HashMap::new(), String::new());
    let body = view! {
        <div class="page-head"><h1>"Help desk"</h1></div>
        <p class="muted">"What people say when they ring, and which function helps. The first of the functions that suits the machine is offered, by one button and one confirmation. What destroys data is never offered here."</p>
        {empty}
        <ul class="people">{each}</ul>
        <section class="panel" aria-labelledby="new">
            <h2 id="new">"Another symptom"</h2>
            {refusal(new.map(|refused| &refused.why))}
            <form method="post" action=HERE class="stack-tight">
                {fields("new", new.map_or(&blank, |refused| &refused.symptom), &helps)}
                <button type="submit" class="button primary">"Add"</button>
            </form>
        </section>
    };
    html(status, frame.page("Help desk", body))
}

/// `ways`: it can go up, it can go down.
fn line(symptom: &Symptom, ways: (bool, bool), refused: Option<&Refused>, helps: &[Help]) -> AnyView {
    let at = format!("{HERE}/{}", symptom.name);
    let shown = refused.map_or(symptom, |refused| &refused.symptom);
    let press = |act: &str, words: &'static str, class: &'static str| {
        view! { <form method="post" action=format!("{at}/{act}")><button type="submit" class=class>{words}</button></form> }
    };
    let titles: Vec<_> = symptom.functions.iter().map(|name| title(name, helps)).collect();
    view! {
        <li class="panel person" id=symptom.name.clone()>
            <div class="person-head"><h2>{icon(drawing(symptom.sign))} " " {symptom.words.clone()} <span class="muted">{symptom.also.clone()}</span></h2></div>
            <p>{titles.join(", else ")}</p>
            <p class="muted">{symptom.looks.clone()}</p>
            <details class="person-edit" open=refused.is_some()>
                <summary>"Change"</summary>
                {refusal(refused.map(|refused| &refused.why))}
                <form method="post" action=at.clone() class="stack-tight">
                    <input type="hidden" name="seen" value=written(symptom)/>
                    {fields(&symptom.name, shown, helps)}
                    <button type="submit" class="button primary">"Save"</button>
                </form>
                <div class="person-acts">
                    {ways.0.then(|| press("up", "Move up", "button"))}
                    {ways.1.then(|| press("down", "Move down", "button"))}
                    {press("remove", "Remove", "button danger")}
                </div>
            </details>
        </li>
    }
    .into_any()
}

/// One that is not there any more keeps its name, and says so.
fn title(name: &str, helps: &[Help]) -> String {
    match helps.iter().find(|help| help.name == name) {
        Some(help) => help.title.clone(),
        None => format!("{name} (not on this server)"),
    }
}

fn fields(form: &str, symptom: &Symptom, helps: &[Help]) -> AnyView {
    let text = |name: &'static str, label: &'static str, value: &str, required: bool| {
        let id = format!("{form}-{name}");
        view! {
            <div class="field wide"><label for=id.clone()>{label}</label>
            <input id=id name=name value=value.to_owned() autocomplete="off" required=required/></div>
        }
    };
    let signs: Vec<_> = Sign::ALL
        .into_iter()
        .map(|sign| view! { <option value=sign.name() selected=sign == symptom.sign>{sign.name()}</option> })
        .collect();
    let sign = format!("{form}-sign");
    let functions: Vec<_> =
        (0..FUNCTIONS).map(|n| choice(form, n, symptom.functions.get(n), helps)).collect();
    view! {
        {text("words", "What people say", &symptom.words, true)}
        {text("also", "Or, meaning the same", &symptom.also, false)}
        {text("looks", "What is looked for, in a sentence", &symptom.looks, true)}
        <div class="grant">
            {functions}
            <div class="field"><label for=sign.clone()>"Drawing"</label><select id=sign name="sign">{signs}</select></div>
        </div>
    }
    .into_any()
}

fn choice(form: &str, n: usize, chosen: Option<&String>, helps: &[Help]) -> AnyView {
    let (id, name) = (format!("{form}-function{n}"), format!("function{n}"));
    let label = if n == 0 { "Function that helps" } else { "Else, where it does not suit" };
    // What is not there any more stays chosen until somebody chooses another.
    let gone = chosen.filter(|name| !helps.iter().any(|help| help.name == **name));
    let gone = gone.map(|name| view! { <option value=name.clone() selected>{title(name, helps)}</option> });
    let options: Vec<_> = helps
        .iter()
        .map(|help| {
            let is_chosen = chosen == Some(&help.name);
            view! { <option value=help.name.clone() selected=is_chosen>{help.title.clone()}</option> }
        })
        .collect();
    view! {
        <div class="field"><label for=id.clone()>{label}</label>
        <select id=id name=name><option value="">"none"</option>{gone}{options}</select></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symptom_is_named_by_what_people_say() {
        assert_eq!(named("It is slow!"), "it-is-slow");
        assert_eq!(named("Drucker geht nicht – was nun?"), "drucker-geht-nicht-was-nun");
        assert_eq!(named("???"), "");
        assert!(named(&"very ".repeat(50)).len() <= 40);
    }

    #[test]
    fn moving_and_removing_keep_all_others() {
        let all: Vec<_> = ["a", "b", "c"].map(|name| read(&HashMap::new(), name.to_owned())).into();
        let names = |act: &str, at| {
            let (after, _) = moved(&all, at, act).unwrap();
            after.into_iter().map(|symptom| symptom.name).collect::<String>()
        };
        assert_eq!((names("up", 2), names("up", 0)), ("acb".into(), "abc".into()));
        assert_eq!((names("down", 0), names("down", 2)), ("bac".into(), "abc".into()));
        assert_eq!(names("remove", 1), "ac");
        assert!(moved(&all, 0, "explode").is_err());
    }
}
