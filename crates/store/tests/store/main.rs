//! The store on a real PostgreSQL, a database per test.
//!
//! - [`database`], [`world`]: what the tests share
//! - [`constraints`]: what cannot be stored
//! - [`machines`], [`sightings`], [`trip`], [`calls`], [`story`]: what is promised, noun by noun
//! - [`runs`]: jobs started together: exactly once, whoever crashes and however many decide
//! - [`model`]: random trips, with the laws looked at after every event
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod calls;
mod constraints;
mod database;
mod machines;
mod model;
mod runs;
mod sightings;
mod story;
mod trip;
mod world;
