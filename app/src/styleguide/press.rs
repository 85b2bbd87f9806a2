//! What is pressed and filled in.

use crate::parts::{Closer, Copy, Dialog, Icon, Opener, icon};
use leptos::prelude::*;

/// Buttons: one accent on a page, and danger is not red until it is pressed near.
#[component]
pub fn Buttons() -> AnyView {
    view! {
        <div class="buttons">
            <button type="button" class="button primary">"Run on 12 machines"</button>
            <button type="button" class="button">{icon(Icon::Search)} "Search"</button>
            <button type="button" class="button quiet">"Quiet"</button>
            <button type="button" class="button bare">"Bare"</button>
            <button type="button" class="button danger">"Cancel the job"</button>
            <button type="button" class="button square" aria-label="Up">{icon(Icon::Up)}</button>
            <button type="button" class="button primary large">"Repair pc-004 now"</button>
        </div>
        <div class="buttons">
            <button type="button" class="button primary" disabled>"Disabled"</button>
            <button type="button" class="button" disabled>"Disabled"</button>
            <a class="button" href="#buttons">"A link"</a>
            <Copy text="pc-004" what="its name"/>
        </div>
        <div class="choices">
            <button type="button" class="button primary"><strong>"Try again"</strong> <span>"Every route once more"</span></button>
            <button type="button" class="button"><strong>"It runs its own system"</strong> <span>"I have seen it"</span></button>
        </div>
        <details class="sure">
            <summary>"Give up"</summary>
            <button type="button" class="button danger">"Give up and close the job"</button>
        </details>
    }
    .into_any()
}

/// Fields, with help, with an error, and such that cannot be changed now.
#[component]
pub fn Fields() -> AnyView {
    view! {
        <div class="guide-fields">
            <div class="field wide">
                <label for="guide-name">"Name"</label>
                <input id="guide-name" value="pc-004" autocomplete="off" aria-describedby="guide-name-help"/>
                <p class="help" id="guide-name-help">"As it stands on the machine."</p>
            </div>
            <div class="field wide">
                <label for="guide-port">"Port"</label>
                <input id="guide-port" value="seven" inputmode="numeric" autocomplete="off" aria-invalid="true" aria-describedby="guide-port-wrong"/>
                <p class="field-error" id="guide-port-wrong">{icon(Icon::Warning)} <span>"A number from 1 to 65535 is needed, not seven."</span></p>
            </div>
            <div class="field wide">
                <label for="guide-select">"Network boot, once"</label>
                <select id="guide-select"><option>"required"</option><option selected>"try"</option><option>"never"</option></select>
            </div>
            <div class="field wide">
                <label for="guide-off">"Site"</label>
                <input id="guide-off" value="berlin" disabled/>
            </div>
            <div class="field wide">
                <label for="guide-text">"Key" <span class="muted">" (optional)"</span></label>
                <textarea id="guide-text" rows="3" spellcheck="false" placeholder="unchanged, unless something is typed here"></textarea>
            </div>
            <div>
                <label class="check"><input type="checkbox" checked/> "Heal by itself"</label>
                <label class="check"><input type="checkbox"/> "I know that its return stays unproven"</label>
                <label class="check"><input type="radio" name="guide-radio" checked/> "All machines"</label>
                <label class="check"><input type="radio" name="guide-radio"/> "A tenth of them"</label>
            </div>
        </div>
    }
    .into_any()
}

/// A dialog: opened without scripts, closed by Escape, focus given back.
#[component]
pub fn Dialogs() -> AnyView {
    let acts = view! {
        <Closer>"No, go back"</Closer>
        <form method="dialog"><button class="button primary">"Restart 12 machines"</button></form>
    }
    .into_any();
    view! {
        <div class="buttons"><Opener dialog="guide-dialog">"Open a dialog"</Opener></div>
        <Dialog id="guide-dialog" title="Restart 12 machines?" acts>
            <p>"They restart at once. Work that is not saved there is lost."</p>
            <p class="muted">"It says what it touches, and how many machines."</p>
        </Dialog>
    }
    .into_any()
}
