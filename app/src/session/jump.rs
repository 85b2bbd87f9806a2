//! The way to the palette: its button, and its dialog, empty. `public/frame.js` fills it, and knows the keys.

use super::nav::KEYS;
use crate::parts::{Icon, icon};
use leptos::prelude::*;

/// The button, and the dialog that it opens. Without scripts neither is shown.
pub fn jump() -> AnyView {
    let keys: Vec<_> = KEYS.iter().map(|(letter, path)| format!("{letter} {path}")).collect();
    view! {
        <button type="button" class="jump needs-script" aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K">
            {icon(Icon::Search)}
            <span class="jump-words">"Search or go to"</span>
            " " <kbd>"Ctrl K"</kbd>
        </button>
        <dialog id="palette" class="palette" aria-label="Search or go to" data-keys=keys.join(" ")>
            <div class="palette-ask">
                {icon(Icon::Search)}
                <input
                    id="palette-field" type="text" role="combobox" aria-label="Search or go to" aria-expanded="true" aria-controls="palette-list"
                    aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="A page, an action, a machine"
                />
                <kbd>"Esc"</kbd>
            </div>
            <ul class="palette-list" id="palette-list" role="listbox" aria-label="What can be chosen"></ul>
            <p class="palette-foot" aria-hidden="true">
                <span><kbd>"↑"</kbd> " " <kbd>"↓"</kbd> " choose"</span>
                <span><kbd>"↵"</kbd> " open"</span>
                <span><kbd>"/"</kbd> " search on a page"</span>
                <span><kbd>"G"</kbd> " then a letter: a page"</span>
            </p>
        </dialog>
    }
    .into_any()
}
