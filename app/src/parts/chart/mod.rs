//! Small drawings beside figures, as SVG: no inline style is needed, and each says in words what it shows.
//!
//! - [`spark`]: how a figure went; [`ribbon`]: what was when; [`heat`]: how much, cell by cell

pub mod heat;
pub mod ribbon;
pub mod spark;

pub use heat::Heat;
pub use ribbon::{Ribbon, Stretch};
pub use spark::Sparkline;
