//! What pages are made of.
//!
//! - [`icon`]: our own drawings; [`time`]: moments and durations; [`bar`]: measured progress; [`chart`]: small drawings
//! - [`notice`]: empty pages that teach, failures in words; [`copy`]: the copy button;
//!   [`form`]: forms that post; [`field`]: their fields
//! - [`table`]: lists sorted and paged by links; [`tabs`]; [`dialog`]: the browser's own; [`toast`]: what happened
//!   elsewhere; [`skeleton`]: what stands where something will be
//!
//! `/styleguide` shows them all.

pub mod asked;
pub mod bar;
pub mod chart;
pub mod copy;
pub mod dialog;
pub mod field;
pub mod form;
pub mod icon;
pub mod notice;
pub mod skeleton;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;

pub use bar::Bar;
pub use copy::Copy;
pub use dialog::{Closer, Dialog, Opener};
pub use form::{Post, Posted};
pub use icon::{Icon, icon};
pub use notice::{Empty, Refusal, Trouble};
pub use skeleton::Skeleton;
pub use table::{Pages, Sort, SortHead, Window};
pub use tabs::{Tab, Tabs};
pub use time::{Ago, Elapsed, When};
pub use toast::{Toast, ToastCorner, Toasts};

/// Puts the focus on what came in place of what was pressed, once it is there.
pub fn focus(id: &'static str) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::request_animation_frame(move || {
        use wasm_bindgen::JsCast;
        let found = leptos::prelude::document().get_element_by_id(id);
        if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = found.focus();
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}
