//! Health, for one person, from the store.
//!
//! - [`desk`]: what the pages need, with the rights that it takes
//! - `telling`: who outside is told; `elsewhere`: who else may tell of machines
//! - `form`: a rule's form, read and filled; `would`: what a rule would have done; `page`: a machine's page

pub mod desk;
mod elsewhere;
mod form;
mod page;
mod telling;
mod would;
