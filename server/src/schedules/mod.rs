//! The timetable, for the dashboard.
//!
//! - [`desk`]: what its pages need, for one person; [`scope`]: whose a schedule is
//! - `form`: from fields to a schedule and back; `days`: agenda, week, month; `entries`: an occurrence in words;
//!   `page`: one schedule; `would`: what a schedule would do; `times`: windows and blackouts; `feed`: for calendar programs

mod days;
pub mod desk;
mod entries;
mod feed;
mod form;
mod page;
mod scope;
mod times;
mod would;
