//! People: who may do what, and where. Values and one pure function; nothing here knows passwords or sessions.
//!
//! - [`Role`]: four of them, each with its [`Right`]s, as a table
//! - [`Scope`]: which machines a role is for; [`Grant`]: a role within a scope. A person may have several
//! - [`may`](fn@may::may): the one decision, with words that help where the answer is no
//! - [`Who`]: whoever acts, as audit and jobs name them
//! - [`claims`]: what an identity provider says of somebody, and the roles that this gives
//! - [`name`]: what people may be called, and what a password must be

pub mod claims;
pub mod grant;
pub mod may;
pub mod name;
pub mod right;
pub mod role;
pub mod scope;
pub mod who;

pub use grant::Grant;
pub use may::{Refusal, Subject, may};
pub use right::Right;
pub use role::Role;
pub use scope::Scope;
pub use who::{Kind, Who};
