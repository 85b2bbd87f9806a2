//! *Will it boot?* A version of an image is started in a throw-away virtual machine, and what it says is listened to.
//!
//! - [`tools`]: what is installed for it; `laid`: what is started, and QEMU's command line for it
//! - `guest`: QEMU as a child that has no rights and dies with us; `qmp`: its control socket
//! - `follow`: listens, takes pictures, and judges; `desk`: who may start and stop one

pub(crate) mod desk;
mod follow;
mod guest;
mod laid;
mod qmp;
pub mod tools;

use crate::shelf::Shelf;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::{TestBoot, Verdict};
use pitstop_store::{Error, Result, Store};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tools::Tools;

/// How long what is looked for may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// In all.
    pub whole: Duration,
    /// Since it last said something.
    pub quiet: Duration,
}

/// With the processor's help: a system that takes longer than this on bare metal is not what a person waits for.
const KVM: Patience = Patience { whole: Duration::from_secs(240), quiet: Duration::from_secs(60) };
/// An emulated processor is ten to thirty times slower; our own image takes half a minute there.
const EMULATED: Patience = Patience { whole: Duration::from_secs(900), quiet: Duration::from_secs(180) };
/// How often it is looked at, and pages are told.
const LOOK: Duration = Duration::from_secs(2);

/// Starts test boots.
#[derive(Clone)]
pub struct TestBoots {
    shelf: Shelf,
    tools: Arc<Tools>,
    kvm: Patience,
    emulated: Patience,
    look: Duration,
    /// KVM is there, and was seen not to work.
    kvm_fails: Arc<AtomicBool>,
}

/// Removes what servers that were killed left of test boots.
pub fn sweep() {
    guest::sweep();
}

impl TestBoots {
    /// Of images whose bytes lie here.
    pub fn of(shelf: Shelf) -> Self {
        let (tools, kvm_fails) = (Arc::default(), Arc::default());
        Self { shelf, tools, kvm: KVM, emulated: EMULATED, look: LOOK, kvm_fails }
    }

    /// With other programs, and less patience: for tests.
    #[must_use]
    pub fn with(self, tools: Tools, patience: Patience, look: Duration) -> Self {
        Self { tools: Arc::new(tools), kvm: patience, emulated: patience, look, ..self }
    }

    /// Why this version cannot be started from this firmware, in words; `None`: it can.
    pub fn why_not(&self, image: &ImageVersion, firmware: Firmware) -> Option<String> {
        self.tools.missing(firmware).or_else(|| laid::plan(image, firmware).err())
    }

    /// Starts one, and comes back while it runs. Its image may come from the bucket first: that is part of it.
    ///
    /// # Errors
    /// A refusal, in words: what is not installed, that another is under way, or that such an image cannot be tried.
    pub async fn start(
        &self,
        store: &Store,
        image: &Digest,
        firmware: Firmware,
        looks_for: &str,
        by: &str,
    ) -> Result<TestBoot> {
        if let Some(missing) = self.tools.missing(firmware) {
            return Err(Error::Refused(missing));
        }
        let version = store.image(image).await?.ok_or(Error::NotFound("image version"))?;
        let plan = laid::plan(&version, firmware).map_err(Error::Refused)?;
        tools::check_memory(plan.memory_mib).map_err(Error::Refused)?;
        tools::check_room(plan.bytes).map_err(Error::Refused)?;
        let boot = store.begin_test_boot(image, firmware, looks_for.trim(), by).await?;
        let (this, store, running) = (self.clone(), store.clone(), boot.clone());
        tokio::spawn(async move {
            let (verdict, words) = match this.run(&store, &running, &version, &plan).await {
                Ok(end) => end,
                Err(error) => (Verdict::Undone, format!("{error:#}")),
            };
            let (image, number) = (version.name, version.version);
            match store.end_test_boot(&running, verdict, &words).await {
                Ok(true) => {
                    tracing::info!(image, version = number, ?verdict, words, "A test boot is over.");
                }
                Ok(false) => {
                    tracing::info!(image, version = number, "A person has said how a test boot went.")
                }
                Err(error) => {
                    tracing::warn!(%error, "The end of a test boot could not be written down.");
                }
            }
        });
        Ok(boot)
    }
}
