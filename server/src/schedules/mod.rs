//! The timetable, for the dashboard.
//!
//! - [`desk`]: what its pages need, for one person; `keep`: making and changing schedules; `program`: for programs
//! - [`scope`]: whose a schedule is; [`wanted`]: a schedule as somebody asks for it
//! - `form`: from fields to a schedule and back; `days`: agenda, week, month, year; `comes`: what stands in the way; `forecast`, with what is `sent`; `entries`: an occurrence in words;
//!   `page`: one schedule; `would`: what a schedule would do; `times`: windows and blackouts; `calendars`: read from elsewhere; `feed`: for calendar programs

pub mod calendars;
mod comes;
mod days;
pub mod desk;
mod entries;
mod feed;
mod forecast;
mod form;
mod keep;
mod page;
pub mod program;
mod scope;
mod sent;
pub mod times;
pub mod wanted;
mod would;
