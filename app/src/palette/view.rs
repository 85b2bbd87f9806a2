//! The dialog: a field, and a list that the arrows walk through while the cursor stays in the field.

use super::entries::{Act, Entry, fitting, fixed, machine};
use crate::helpdesk::api::{Found, find};
use crate::live::go::use_go;
use crate::parts::{Icon, dialog, icon};
use crate::session::density::{Compact, SetDensity};
use crate::session::keys::to_search;
use crate::session::theme::{Chosen, SetTheme, Theme};
use leptos::prelude::*;
use leptos::task::spawn_local;
use server_fn::ServerFn;
use std::time::Duration;

const ID: &str = "palette";
/// Machines are looked for when nobody typed for so long.
const PAUSE: Duration = Duration::from_millis(150);

/// Is it open? Counted by reference: read while a page is rendered.
#[derive(Clone)]
pub struct PaletteState(ArcRwSignal<bool>);

impl PaletteState {
    /// Called once by the frame.
    pub fn provide() {
        provide_context(Self(ArcRwSignal::new(false)));
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(ArcRwSignal::new(false)))
    }

    /// Opens it.
    pub fn open(&self) {
        self.0.set(true);
        dialog::open(ID);
        focus_field();
    }
}

/// The dialog. Empty, and on the server always so, until it is opened.
#[component]
pub fn Palette() -> AnyView {
    let state = PaletteState::here();
    let (shown, closed) = (state.0.clone(), state.0);
    let (go, theme, density) = (use_go(), Chosen::here(), Compact::here());
    let act = move |act: Act| {
        dialog::close(ID);
        match act {
            Act::Go(path) => go(&path),
            Act::Load(path) => load(path),
            Act::Theme(wanted) => choose_theme(&theme, wanted),
            Act::Density => turn_density(&density),
            Act::Search => drop(to_search()),
        }
    };
    let inside = move || {
        let act = act.clone();
        shown.get().then(|| view! { <Inside act=Callback::new(act)/> })
    };
    view! {
        <dialog id=ID class="palette" aria-label="Search or go to" on:close=move |_| closed.set(false)>{inside}</dialog>
    }
    .into_any()
}

#[component]
fn Inside(act: Callback<Act>) -> AnyView {
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found = RwSignal::new(Vec::<Found>::new());
    let list = Memo::new(move |_| {
        let mut list = fitting(fixed(), &typed.get());
        list.extend(found.with(|found| found.iter().map(machine).collect::<Vec<_>>()));
        list
    });
    let on_input = move |event| {
        typed.set(event_target_value(&event));
        at.set(0);
        look_for_machines(typed, found);
    };
    let choose = move |n: usize| {
        if let Some(entry) = list.with_untracked(|list| list.get(n).cloned()) {
            act.run(entry.act);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let n = list.with_untracked(Vec::len);
        let now = at.get_untracked();
        let to = match event.key().as_str() {
            "ArrowDown" => (now + 1) % n.max(1),
            "ArrowUp" => (now + n.max(1) - 1) % n.max(1),
            "Enter" => {
                event.prevent_default();
                return choose(now);
            }
            _ => return,
        };
        event.prevent_default();
        at.set(to);
        show_option(to);
    };
    let options = move || {
        let mut group = "";
        let mut drawn = Vec::new();
        for (n, entry) in list.get().into_iter().enumerate() {
            if entry.group != group {
                group = entry.group;
                drawn.push(view! { <li class="palette-group" role="presentation">{group}</li> }.into_any());
            }
            drawn.push(option(n, entry, at, choose));
        }
        if drawn.is_empty() {
            drawn.push(view! { <li class="palette-none" role="presentation">"Nothing fits. Machines are found by name, serial, address, site or label."</li> }.into_any());
        }
        drawn
    };
    let active = move || (!list.with(Vec::is_empty)).then(|| option_id(at.get()));
    view! {
        <div class="palette-ask">
            {icon(Icon::Search)}
            <input
                id="palette-field" type="text" role="combobox" aria-label="Search or go to" aria-expanded="true" aria-controls="palette-list"
                aria-autocomplete="list" aria-activedescendant=active autocomplete="off" spellcheck="false" placeholder="A page, an action, a machine"
                on:input=on_input on:keydown=on_key
            />
            <kbd>"Esc"</kbd>
        </div>
        <ul class="palette-list" id="palette-list" role="listbox" aria-label="What can be chosen">{options}</ul>
        <p class="palette-foot" aria-hidden="true">
            <span><kbd>"↑"</kbd> " " <kbd>"↓"</kbd> " choose"</span>
            <span><kbd>"↵"</kbd> " open"</span>
            <span><kbd>"/"</kbd> " search on a page"</span>
            <span><kbd>"G"</kbd> " then a letter: a page"</span>
        </p>
    }
    .into_any()
}

fn option(n: usize, entry: Entry, at: RwSignal<usize>, choose: impl Fn(usize) + 'static) -> AnyView {
    let keys: Vec<_> = entry.keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect();
    view! {
        <li
            id=option_id(n) role="option" aria-selected=move || if at.get() == n { "true" } else { "false" }
            on:click=move |_| choose(n) on:mousemove=move |_| if at.get_untracked() != n { at.set(n) }
        >
            {icon(entry.icon)}
            <span>{entry.words}</span>
            <span class="under">{entry.under}</span>
            <span class="keys" aria-hidden="true">{keys}</span>
        </li>
    }
    .into_any()
}

fn option_id(n: usize) -> String {
    format!("palette-{n}")
}

/// Once nobody has typed for a moment.
fn look_for_machines(typed: RwSignal<String>, found: RwSignal<Vec<Found>>) {
    let asked = typed.get_untracked();
    let unchanged = move |asked: &String| typed.try_with_untracked(|typed| typed == asked).unwrap_or(false);
    set_timeout(
        move || {
            if !unchanged(&asked) {
                return;
            }
            if asked.trim().chars().count() < 2 {
                found.try_set(vec![]);
                return;
            }
            spawn_local(async move {
                let machines = find(asked.clone()).await.map(|list| list.rows).unwrap_or_default();
                if unchanged(&asked) {
                    found.try_set(machines.into_iter().take(8).collect());
                }
            });
        },
        PAUSE,
    );
}

fn choose_theme(chosen: &Chosen, theme: Option<Theme>) {
    chosen.show(theme);
    let keep = SetTheme { theme: theme.map_or("system", Theme::name).to_owned() };
    spawn_local(async move { drop(keep.run_on_client().await) });
}

fn turn_density(chosen: &Compact) {
    let compact = !chosen.now();
    chosen.show(compact);
    let keep = SetDensity { density: if compact { "compact" } else { "comfortable" }.to_owned() };
    spawn_local(async move { drop(keep.run_on_client().await) });
}

/// The field comes with the list, a moment after the dialog opens.
fn focus_field() {
    #[cfg(feature = "hydrate")]
    request_animation_frame(|| {
        use wasm_bindgen::JsCast;
        let field = document().get_element_by_id("palette-field");
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = field.focus();
        }
    });
}

/// Brings an option into sight.
fn show_option(n: usize) {
    #[cfg(feature = "hydrate")]
    if let Some(option) = document().get_element_by_id(&option_id(n)) {
        let how = web_sys::ScrollIntoViewOptions::new();
        how.set_block(web_sys::ScrollLogicalPosition::Nearest);
        option.scroll_into_view_with_scroll_into_view_options(&how);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = n;
}

/// A page that is not of this program is loaded.
fn load(path: &str) {
    #[cfg(feature = "hydrate")]
    drop(window().location().set_href(path));
    #[cfg(not(feature = "hydrate"))]
    let _ = path;
}
