//! The page itself. Rendered as it is, without the program of the dashboard.

use super::{Asked, Stage};
use crate::Failure;
use crate::format;
use crate::jobs::press::{what_is_asked, what_to_press};
use crate::parts::{Icon, icon};
use leptos::prelude::*;

pub(super) fn asked(asked: &Asked) -> String {
    match &asked.stage {
        Stage::Waits => waits(asked),
        Stage::Answered { done, now, over } => answered(asked, *done, now, *over),
    }
}

fn waits(asked: &Asked) -> String {
    let steps: Vec<_> = what_to_press(asked.target, asked.firmware)
        .into_iter()
        .map(|step| view! { <li><span>{step}</span></li> })
        .collect();
    let body = view! {
        <p class="go-what">{what_is_asked(asked.target)}</p>
        {name(asked)}
        <ol class="go-steps">{steps}</ol>
        <form method="post" class="go-form">
            <button type="submit" name="did" value="done" class="button primary">"Done"</button>
            <button type="submit" name="did" value="not_done" class="button">"I cannot"</button>
        </form>
    };
    document(&asked.machine, false, body)
}

fn answered(asked: &Asked, done: bool, now: &str, over: bool) -> String {
    let thanks = if done { "Thank you." } else { "Thank you for saying so." };
    let body = view! {
        <p class="go-what">{icon(Icon::Check)} " " {thanks}</p>
        {name(asked)}
        <p class="go-now" role="status">{format::sentence(now)}</p>
        <p class="muted">"You need do nothing more and may close this page."</p>
        {(!over).then(|| view! { <p><a class="button" href="">"Look again"</a></p> })}
    };
    document(&asked.machine, !over, body)
}

fn name(asked: &Asked) -> impl IntoView + use<> {
    view! { <h1 class="go-name">{asked.machine.clone()} <span>"Site " {asked.site.clone()}</span></h1> }
}

/// The link is wrong, or nobody is asked any more. It does not say which.
pub(super) fn gone() -> String {
    let body = view! {
        <h1 class="go-what">"Nothing to do here"</h1>
        <p>"This link is wrong, or what it asked for is over: the machine was seen meanwhile, or another way was taken. Nothing was changed."</p>
        <p class="muted">"If a machine still waits, ask whoever sent you for the link that is valid now."</p>
    };
    document("Nothing to do", false, body)
}

pub(super) fn trouble(failure: &Failure) -> String {
    let body = view! {
        <h1 class="go-what">{failure.title()}</h1>
        <p>{failure.to_string()}</p>
        <p class="muted">"Load this page again to see how it is now."</p>
    };
    document("Pitstop", false, body)
}

/// `again`: something may still come, so a small script looks again by itself.
fn document(title: &str, again: bool, body: impl IntoView) -> String {
    let body = view! { <main class="go">{body}</main> };
    crate::serve::document(title, (None, None), if again { &["/go.js"] } else { &[] }, None, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::machine::Firmware;
    use pitstop_domain::route::Target;

    fn of(stage: Stage) -> String {
        let (machine, site) = ("pc-<7>".to_owned(), "berlin".to_owned());
        asked(&Asked { machine, site, firmware: Firmware::Uefi, target: Target::Maintenance, stage })
    }

    #[test]
    fn it_names_machine_and_site_and_has_two_buttons_and_no_script() {
        let page = of(Stage::Waits);
        assert!(page.starts_with("<!DOCTYPE html><html"));
        for words in ["pc-&lt;7&gt;", "berlin", "F12", "value=\"done\"", "value=\"not_done\""] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("style="));
    }

    #[test]
    fn it_looks_again_until_it_is_over() {
        let answered = |over| of(Stage::Answered { done: true, now: "it starts".into(), over });
        assert!(answered(false).contains("/go.js") && answered(false).contains("Look again"));
        assert!(!answered(true).contains("/go.js") && !answered(true).contains("Look again"));
    }
}
