//! The store on a real PostgreSQL, a database per test.
//!
//! - [`database`], [`world`]: what the tests share
//! - [`constraints`]: what cannot be stored
//! - [`machines`], [`sightings`], [`trip`], [`calls`],
//!   [`presses`], [`questions`], [`watches`], [`alarms`], [`story`], [`strangers`], [`secrets`]: what is promised, noun by noun
//! - [`people`]: what people hold, and what they did
//! - [`provided`]: people whom an identity provider vouches for
//! - [`frozen`]: a process that stands still, a line that breaks
//! - [`fleet`]: searches, pages and maps of many machines, and changes to them
//! - [`catalog`]: versions promoted, rolled back, taken out; [`signing`]: who vouches for them
//! - [`runs`]: jobs started together: exactly once, whoever crashes and however many decide
//! - [`schedules`]: occurrences settled once, whoever decides and whatever the clock does; [`beforehand`]: and what is stored of
//!   them before their moment
//! - [`counts`]: what is counted once, for pages and for Prometheus, whoever may see a part of it
//! - [`health`]: figures stored once, rolled up, charted; rules that act once, whoever decides
//! - [`rhythms`]: what is usual at the times of day, by whose clocks
//! - [`hooks`]: what happened is told to programs outside, at least once and by one worker at a time
//! - [`model`]: random trips, with the laws looked at after every event
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod alarms;
mod beforehand;
mod calls;
mod catalog;
mod constraints;
mod counts;
mod database;
mod elsewhere;
mod find;
mod fleet;
mod frozen;
mod functions;
mod health;
mod hooks;
mod machines;
mod model;
mod people;
mod places;
mod presses;
mod provided;
mod questions;
mod rhythms;
mod runs;
mod schedules;
mod secrets;
mod settings;
mod shut_downs;
mod sightings;
mod signing;
mod story;
mod strangers;
mod trip;
mod watches;
mod world;
