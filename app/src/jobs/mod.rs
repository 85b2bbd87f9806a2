//! Jobs: the list, and the page that shows a trip as it happens.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`trip`]: what was measured, taken from sightings; [`stepper`]: the steps of the trip, as values
//! - [`list`], [`page`]: the pages; `followed`: a job's page, fetched anew when something happens; [`steps`], [`waiting`], [`result`], [`findings`], [`acts`], [`person`],
//!   [`known`], [`story`], [`parts`]: their parts
//! - [`press`]: what to press at a machine; `link`: the link that a phone opens there, and its picture

pub mod acts;
pub mod api;
pub mod findings;
pub(crate) mod followed;
pub mod known;
#[cfg(feature = "ssr")]
pub mod link;
pub mod list;
pub mod page;
pub mod parts;
pub mod person;
pub mod press;
pub mod result;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(feature = "ssr")]
pub mod server;
pub mod stepper;
pub mod steps;
pub mod story;
pub mod trip;
pub mod waiting;
