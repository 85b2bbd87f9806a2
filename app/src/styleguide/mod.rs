//! `/styleguide`: all parts in all their states, on one page, to look at and to test. Reached by its address and by the
//! palette.
//!
//! - [`page`]: the page; `sheet`: its samples, section by section
//! - `press`: what is pressed and filled in; `lists`: tables and tabs; `says`: what tells something; `draws`: type,
//!   colours, drawings

mod draws;
mod lists;
pub mod page;
mod press;
mod says;
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
fn moment() -> pitstop_domain::Time {
    pitstop_domain::Time::UNIX_EPOCH + chrono::TimeDelta::days(20_000) + chrono::TimeDelta::hours(9)
}
