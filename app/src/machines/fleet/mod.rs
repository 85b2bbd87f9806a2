//! The fleet's page: one address holds the search, the order, the grouping and what is shown.
//!
//! - [`api`]: wire types and server functions; `server`: what they need of the backend; [`address`]: what an address says
//! - [`page`]: the page; [`search`]: the line with its chips and errors; [`tiles`]: counts by state; [`views`]: searches kept
//! - [`cells`], [`drawing`]: one cell a machine; [`groups`]: counts, where there are too many to draw
//! - [`list`]: the list; [`pick`]: machines chosen in it; [`act`]: what is done with those chosen
//! - [`aside`]: what wants attention, and what is under way

#[cfg(feature = "ssr")]
pub mod act;
pub mod address;
pub mod api;
pub mod aside;
pub mod cells;
pub mod drawing;
pub mod groups;
pub mod list;
pub mod page;
pub mod pick;
pub mod search;
#[cfg(feature = "ssr")]
pub mod server;
pub mod tiles;
pub mod views;
