//! Test boots as a person or a program asks for them: the gate says whether they may.

use super::TestBoots;
use crate::people::{Deed, Fault, Gate, On};
use pitstop_domain::digest::Digest;
use pitstop_domain::machine::Firmware;
use pitstop_domain::people::Right;
use pitstop_domain::test_boot::TestBoot;
use uuid::Uuid;

/// Starts one.
///
/// # Errors
/// As [`TestBoots::start`]; they may not.
pub(crate) async fn begin(
    gate: &Gate,
    boots: &TestBoots,
    image: &Digest,
    firmware: Firmware,
    looks_for: &str,
) -> Result<TestBoot, Fault> {
    let by = gate.who().to_string();
    let deed = deed(format!("started image version {} for a test from {firmware}", image.short()));
    let begun = |store| async move { boots.start(store, image, firmware, looks_for, &by).await };
    gate.act(deed, begun).await
}

/// Stops one.
///
/// # Errors
/// It is over, or there is none; they may not.
pub(crate) async fn stop(gate: &Gate, boot: Uuid) -> Result<(), Fault> {
    gate.act(deed(format!("stopped the test boot {boot}")), |store| store.stop_test_boot(boot)).await
}

fn deed(what: String) -> Deed {
    Deed::new(Right::EditImages, On::Installation, what)
}
