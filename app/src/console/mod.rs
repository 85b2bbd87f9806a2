//! Consoles: a terminal in the browser into a machine in maintenance, and what was recorded of one.
//!
//! - [`api`]: what the pages need of the backend; [`page`]: the terminal; [`replay`]: a recording
//!
//! The pages have no program of ours but a small script (`public/console.mjs`), and a terminal that is not ours
//! (xterm.js, `public/xterm/`). The sockets are the server's.

pub mod api;
pub(crate) mod page;
pub(crate) mod replay;
pub(crate) mod routes;
