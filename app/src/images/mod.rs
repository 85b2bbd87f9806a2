//! Boot images: documents without a program in the browser; a small script follows what happens.
//!
//! - [`desk`]: what the pages need of the server; `routes` names them all
//! - `list`: images by name; `image`: one, with all its versions; `acts`: what is pressed there
//! - `machine`: which version each function would get on a machine, and why not the others
//! - `new`: adding one, with files or addresses; `coming`: what is fetched from addresses
//! - `test_boots`: those of a version of a version, and what the catalog demands of them
//! - `signed`: who vouches for a version, and how it is signed; `signing`: who is trusted, a page of the settings
//! - `kept`: where their bytes are; `parts`: what these pages share

mod acts;
mod coming;
pub mod desk;
mod image;
mod kept;
mod list;
mod machine;
mod new;
mod parts;
pub(crate) mod routes;
mod signed;
mod signing;
mod test_boots;

pub(crate) use parts::page_of;
