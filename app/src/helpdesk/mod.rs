//! The help desk: somebody rings; find the machine, press the symptom, confirm, follow, and copy the result into the
//! ticket. Nothing here needs training, and all of it works by plain forms.
//!
//! - [`search`]: one field that finds a machine by anything; [`desk`]: its symptoms, and the one confirmation;
//!   [`repair`]: the repair as it happens, and the card for the ticket
//! - [`symptoms`]: which function helps against a symptom; [`plain`]: the steps of a trip in plain words; [`card`]: the
//!   result; [`words`]: all texts
//! - `settings`: the page where administrators keep the symptoms
//! - [`api`]: wire types and server functions; `server`: what they need of the backend

pub mod api;
pub mod card;
pub mod desk;
pub mod plain;
pub mod repair;
pub mod search;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub(crate) mod settings;
pub mod symptoms;
pub mod words;
