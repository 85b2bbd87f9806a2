//! One test boot, from its start to its verdict.

use super::guest::Guest;
use super::laid::Plan;
use super::{Patience, TestBoots};
use anyhow::Result;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::test_boot::{Listen, TestBoot, Verdict, judge, plain};
use pitstop_store::Store;
use pitstop_store::test_boots::Meanwhile;
use tokio::time::{Instant, sleep};

type End = (Verdict, String);

/// What is known of a virtual machine while it runs.
struct Watch<'a> {
    guest: Guest,
    patience: Patience,
    listen: Listen,
    kvm: Option<bool>,
    plan: &'a Plan,
    began: Instant,
    /// Bytes that it had said, and when that was new.
    said: (u64, Instant),
}

impl TestBoots {
    pub(super) async fn run(
        &self,
        store: &Store,
        boot: &TestBoot,
        image: &ImageVersion,
        plan: &Plan,
    ) -> Result<End> {
        let guest = Guest::start(plan, &self.images, &self.tools).await?;
        let listen = Listen { agent: image.agent, looks_for: boot.looks_for.clone() };
        let (patience, began) = (self.emulated, Instant::now());
        let mut watch = Watch { guest, patience, listen, kvm: None, plan, began, said: (0, began) };
        let end = loop {
            sleep(self.look).await;
            if watch.kvm.is_none() {
                watch.kvm = watch.guest.has_kvm().await;
                watch.patience = if watch.kvm == Some(true) { self.kvm } else { self.emulated };
            }
            let end = watch.look();
            let meanwhile = watch.meanwhile().await;
            let wanted = store.test_boot_says(boot, &meanwhile).await?;
            match end {
                Some(end) => break end,
                None if !wanted => break (Verdict::Stopped, "by a person".to_owned()),
                None => {}
            }
        };
        watch.guest.end().await;
        Ok(end)
    }
}

impl Watch<'_> {
    fn look(&mut self) -> Option<End> {
        let (now, bytes) = (Instant::now(), self.guest.said_bytes());
        if bytes > self.said.0 {
            self.said = (bytes, now);
        }
        // Asked first: what it said before it ended is here then, or a look later.
        let ended = self.guest.has_ended();
        if let Some(verdict) = judge(&plain(&self.guest.said()), &self.listen) {
            return Some((verdict, self.by()));
        }
        if ended {
            return Some(self.ended());
        }
        let (quiet, whole) = (self.patience.quiet, self.patience.whole);
        if now - self.said.1 > quiet {
            let words = if bytes == 0 {
                format!("it said nothing on its serial line for {} s: look at its screen", quiet.as_secs())
            } else {
                format!("nothing new on its serial line for {} s: look at its screen", quiet.as_secs())
            };
            return Some((Verdict::Quiet, words));
        }
        (now - self.began > whole).then(|| (Verdict::TimeUp, format!("after {} s", whole.as_secs())))
    }

    /// QEMU that could not begin says why; a machine that ran and restarts ends it without a word.
    fn ended(&self) -> End {
        let complaint = self.guest.complained();
        let complaint = complaint.lines().rfind(|line| !line.trim().is_empty() && !line.contains("warning:"));
        match complaint {
            Some(words) if self.said.0 == 0 && self.kvm.is_none() => {
                (Verdict::Undone, format!("QEMU did not start it: {}", words.trim()))
            }
            _ => (Verdict::Left, self.by()),
        }
    }

    fn by(&self) -> String {
        match self.kvm {
            Some(true) => "with KVM".to_owned(),
            Some(false) => "on an emulated processor".to_owned(),
            None => String::new(),
        }
    }

    async fn meanwhile(&mut self) -> Meanwhile {
        let screen = self.guest.new_screen().await;
        let by = self.by();
        let comma = if by.is_empty() { "" } else { ", " };
        let way = format!("{}{comma}{by}, with {} MiB of memory", self.plan.way, self.plan.memory_mib);
        Meanwhile { heard: plain(&self.guest.said()), way, screen }
    }
}
