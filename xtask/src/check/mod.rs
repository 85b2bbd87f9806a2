//! The layout's laws, as `docs/architecture.md` has them.
//!
//! ```text
//! crates   the workspace's crates and what they ask for     arrows  who may know whom
//! purity   the domain does no I/O                           habits  file lengths, leftovers
//! clocks   the time is the database's
//! ```

mod arrows;
mod clocks;
mod crates;
mod habits;
mod purity;
mod sources;

use anyhow::{Result, bail};

use crate::say;

/// Something against a law: where, and why it is wrong.
pub type Finding = String;

pub fn run() -> Result<()> {
    let crates = crates::read()?;
    let sources = sources::read()?;
    let mut findings = arrows::check(&crates);
    findings.extend(purity::check(&crates, &sources));
    findings.extend(habits::check(&sources));
    findings.extend(clocks::check(&sources));
    for finding in &findings {
        say::warning(finding);
    }
    if !findings.is_empty() {
        bail!("the layout's laws are broken in {} places", findings.len());
    }
    say::line(&format!("{} crates and {} files keep to the layout", crates.len(), sources.len()));
    Ok(())
}
