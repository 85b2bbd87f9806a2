//! The timetable: schedules, what becomes of their occurrences, maintenance windows and blackouts.
//!
//! All of it is rendered on the server and needs no program in the browser, which knows no time zones.
//!
//! - [`desk`]: what the pages need of the rest of the server; [`routes`] names them all
//! - `calendar`: agenda, week and month; `grid`: days side by side; `year`; `forecast`: the next seven days; `one`: a schedule
//! - `edit`: making and changing one, with a preview; `fields`: its form; `times`: windows and blackouts; `calendars`: those of others; `feed`: for calendar programs

mod calendar;
mod calendars;
pub mod desk;
mod edit;
mod feed;
mod fields;
mod forecast;
mod grid;
mod one;
pub(crate) mod routes;
mod times;
mod year;
