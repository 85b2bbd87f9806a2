//! `/styleguide`: all parts in all their states, on one page, to look at and to test. Reached by its address and by the
//! palette.
//!
//! The samples are made on the server alone, so that the program of the pages does not carry what hardly anybody opens.
//!
//! - [`page`]: the page; [`api`]: where it has its samples from; `sheet`: these, section by section
//! - `press`: what is pressed and filled in; `lists`: tables and tabs; `says`: what tells something; `draws`: type,
//!   colours, drawings

pub mod api;
#[cfg(feature = "ssr")]
mod draws;
#[cfg(feature = "ssr")]
mod lists;
pub mod page;
#[cfg(feature = "ssr")]
mod press;
#[cfg(feature = "ssr")]
mod says;
#[cfg(feature = "ssr")]
mod sheet;

pub(crate) const SECTIONS: [(&str, &str); 16] = [
    ("type", "Type"),
    ("colours", "Colours"),
    ("icons", "Icons"),
    ("buttons", "Buttons"),
    ("fields", "Fields"),
    ("dialogs", "Dialogs"),
    ("tabs", "Tabs"),
    ("tables", "Tables"),
    ("chips", "Chips"),
    ("notices", "Notices"),
    ("progress", "Progress"),
    ("steps", "Stepper"),
    ("times", "Dates and durations"),
    ("charts", "Charts"),
    ("loading", "Loading"),
    ("empty", "Empty and trouble"),
];

/// The moment of all samples: the page looks alike whenever it is loaded.
#[cfg(feature = "ssr")]
fn moment() -> pitstop_domain::Time {
    pitstop_domain::Time::UNIX_EPOCH + chrono::TimeDelta::days(20_000) + chrono::TimeDelta::hours(9)
}
