//! The dashboard's program in the browser: takes over what stands within the frame of the page that the server rendered.

use leptos::prelude::document;
use pitstop_app::App;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the module is there.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let main = document().get_element_by_id("main").and_then(|main| main.dyn_into().ok());
    // Without it the page is none of ours.
    if let Some(main) = main {
        leptos::mount::hydrate_from(main, App).forget();
    }
}
