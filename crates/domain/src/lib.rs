//! What there is and what may happen.
//!
//! Everything here is a value or a pure function: no clock, no socket, no database, so that the same
//! words serve the server, the agent and the dashboard in the browser.
//!
//! - nouns: [`machine`], [`image`], [`function`] and what it asks for ([`parameter`]), [`job`], [`route`], [`probe`], [`sighting`]
//! - the decision that moves a job: [`step`](fn@step::step), over [`facts`]
//! - what a person can do about a job: [`act`]
//! - where the time of a trip goes: [`hop`]
//! - what a machine does now: [`state`]; the words that choose machines: [`query`]; what people keep of them: [`keep`]; which system it ran when: [`ribbon`]; strangers: [`adoption`]
//! - how work ends: [`ending`]; what it found: [`report`]; how sure a return is: [`proof`]
//! - the way a job is made: [`start`]; jobs started together: [`run`], moved by [`admit`](run::admit)
//! - which version of an image a machine gets, and why not the others: [`selection`]; what is looked at before a job: [`preflight`]
//! - what is demanded of versions: [`catalog`]; whether they boot: [`test_boot`]; what is signed of them: [`statement`]
//! - what is measured of machines, and what is done when it is not as usual: [`health`]
//! - programs outside that are told of what happens: [`hook`]
//! - what people on the phone say, and what helps: [`symptom`]
//! - who may do what, and where: [`people`]
//! - what agent and server say to each other: [`wire`]
//! - what must not be shown: [`secret`]
//! - what the dashboard is told when something changed: [`event`]

#[cfg(feature = "schema")]
mod schema;

pub mod act;
pub mod adoption;
pub mod ask;
pub mod catalog;
pub mod digest;
pub mod ending;
pub mod event;
pub mod facts;
pub mod function;
pub mod health;
pub mod hook;
pub mod hop;
pub mod id;
pub mod image;
pub mod job;
pub mod keep;
pub mod machine;
pub mod net;
pub mod parameter;
pub mod people;
pub mod places;
pub mod preflight;
pub mod presence;
pub mod probe;
pub mod proof;
pub mod query;
pub mod report;
pub mod ribbon;
pub mod route;
pub mod run;
pub mod secret;
pub mod selection;
pub mod sighting;
pub mod site;
pub mod start;
pub mod state;
pub mod statement;
pub mod step;
pub mod symptom;
pub mod test_boot;
pub mod wire;

/// Points in time are UTC everywhere; only the screen knows zones.
pub type Time = chrono::DateTime<chrono::Utc>;
