//! Who comes in, and what they may do.
//!
//! - [`gate`]: the one place where it is decided: nobody reaches the store but through it, by naming a right and what it
//!   is used on
//! - [`house`]: the door of the dashboard and of the interface for programs, over the store; [`address`]: where a request
//!   came from
//! - [`provider`]: an identity provider that vouches for people
//! - [`desk`]: people, tokens and the audit; [`password`]: argon2id; [`first`]: the link of the first administrator
//! - [`caller`]: whoever calls the interface for programs

pub mod address;
pub mod caller;
pub mod desk;
pub mod first;
pub mod gate;
pub mod house;
pub mod password;
pub mod provider;

pub use gate::{Deed, Fault, Gate, On};
