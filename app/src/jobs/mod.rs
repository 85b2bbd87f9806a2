//! Jobs: the list, and the page that shows a trip as it happens.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend
//! - [`trip`]: what was measured, taken from sightings; [`stepper`]: the steps of the trip, as values
//! - [`list`], [`page`]: the pages; `followed`: a job's page, fetched anew when something happens; [`steps`], [`waiting`], [`result`], [`findings`], [`certificate`], [`acts`], [`person`],
//!   [`known`], [`story`], [`parts`]: their parts
//! - [`press`]: what to press at a machine; `link`: the link that a phone opens there, and its picture

#[cfg(feature = "ssr")]
pub mod acts;
pub mod api;
#[cfg(feature = "ssr")]
pub mod certificate;
#[cfg(feature = "ssr")]
pub mod findings;
#[cfg(feature = "ssr")]
pub(crate) mod followed;
#[cfg(feature = "ssr")]
pub mod known;
#[cfg(feature = "ssr")]
pub mod link;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
pub mod page;
pub mod parts;
#[cfg(feature = "ssr")]
pub mod person;
#[cfg(feature = "ssr")]
pub mod press;
#[cfg(feature = "ssr")]
pub mod result;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod stepper;
#[cfg(feature = "ssr")]
pub mod steps;
#[cfg(feature = "ssr")]
pub mod story;
#[cfg(feature = "ssr")]
pub mod trip;
#[cfg(feature = "ssr")]
pub mod waiting;
