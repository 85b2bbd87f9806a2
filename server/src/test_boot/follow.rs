//! One test boot, from its start to its verdict.

use super::guest::Guest;
use super::laid::Plan;
use super::{Patience, TestBoots};
use anyhow::Result;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::test_boot::{Listen, TestBoot, Verdict, judge, plain};
use pitstop_store::Store;
use pitstop_store::test_boots::Meanwhile;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// What of it is written down: the last of some 400 lines.
const HEARD: usize = 32 << 10;

type End = (Verdict, String);

/// How a virtual machine ended.
enum Over {
    With(Verdict, String),
    /// KVM did not carry it: it is begun again without.
    KvmFailed(&'static str),
}

/// What is known of a virtual machine while it runs.
struct Watch<'a> {
    guest: Guest,
    patience: Patience,
    listen: &'a Listen,
    kvm: Option<bool>,
    /// Why it runs without KVM, where that was tried.
    because: &'a str,
    plan: &'a Plan,
    began: Instant,
    /// Bytes that it had said, and when that was new.
    said: (u64, Instant),
    /// When its screen last showed something new.
    shown: Instant,
}

impl TestBoots {
    pub(super) async fn run(
        &self,
        store: &Store,
        boot: &TestBoot,
        image: &ImageVersion,
        plan: &Plan,
    ) -> Result<End> {
        if let Some(end) = self.bring(store, boot, image).await? {
            return Ok(end);
        }
        let listen = Listen { agent: image.agent, looks_for: boot.looks_for.clone() };
        let mut because = if self.kvm_fails.load(Ordering::Relaxed) { "KVM does not work here" } else { "" };
        loop {
            let guest = Guest::start(plan, self.shelf.path(), &self.tools, because.is_empty()).await?;
            let (began, patience) = (Instant::now(), self.emulated);
            let (said, shown, kvm, listen) = ((0, began), began, None, &listen);
            let mut watch = Watch { guest, patience, listen, kvm, because, plan, began, said, shown };
            let over = watch.follow(self, store, boot).await;
            watch.guest.end().await;
            match over? {
                Over::KvmFailed(why) => because = why,
                Over::With(verdict, words) => {
                    if !because.is_empty() && (verdict.booted() || verdict.failed()) {
                        // It spoke without KVM, and not with it: the next one is not made to wait for that.
                        self.kvm_fails.store(true, Ordering::Relaxed);
                    }
                    return Ok((verdict, words));
                }
            }
        }
    }

    /// Has the image brought here, where it is in the bucket alone; the end, where that is one. It may take longer than a test
    /// boot may be silent, and a person may stop it meanwhile.
    async fn bring(&self, store: &Store, boot: &TestBoot, image: &ImageVersion) -> Result<Option<End>> {
        let comes = Meanwhile { way: "its image comes from the bucket".to_owned(), ..Meanwhile::default() };
        let mut bringing = pin!(self.shelf.bring(&image.parts));
        loop {
            match timeout(self.look, &mut bringing).await {
                Ok(Ok(())) => return Ok(None),
                Ok(Err(why)) => return Ok(Some((Verdict::Undone, why))),
                Err(_) if store.test_boot_says(boot, &comes).await? => {}
                Err(_) => return Ok(Some(stopped())),
            }
        }
    }
}

fn stopped() -> End {
    (Verdict::Stopped, "by a person".to_owned())
}

impl Watch<'_> {
    async fn follow(&mut self, boots: &TestBoots, store: &Store, boot: &TestBoot) -> Result<Over> {
        loop {
            sleep(boots.look).await;
            if self.kvm.is_none() {
                self.kvm = self.guest.has_kvm().await;
                self.patience = if self.kvm == Some(true) { boots.kvm } else { boots.emulated };
            }
            let meanwhile = self.meanwhile().await;
            let over = self.look().await;
            let wanted = store.test_boot_says(boot, &meanwhile).await?;
            match over {
                Some(over) => {
                    // What came between the picture and the look.
                    store.test_boot_says(boot, &self.meanwhile().await).await?;
                    return Ok(over);
                }
                None if !wanted => {
                    let (verdict, words) = stopped();
                    return Ok(Over::With(verdict, words));
                }
                None => {}
            }
        }
    }

    async fn look(&mut self) -> Option<Over> {
        let ended = self.guest.has_ended();
        if ended {
            self.guest.heard_out().await;
        }
        let (now, bytes) = (Instant::now(), self.guest.said_bytes());
        if bytes > self.said.0 {
            self.said = (bytes, now);
        }
        if let Some(verdict) = judge(&plain(&self.guest.said()), self.listen) {
            return Some(Over::With(verdict, self.by()));
        }
        if self.kvm == Some(true) && self.guest.broke().await {
            return Some(Over::KvmFailed("KVM gave up"));
        }
        if ended {
            return Some(self.ended());
        }
        self.has_taken_too_long(now)
    }

    fn has_taken_too_long(&self, now: Instant) -> Option<Over> {
        let Patience { quiet, whole } = self.patience;
        let silent = now - self.said.1;
        // KVM that is there may still not work, as inside of some virtual machines: it stands still from the first moment.
        if self.kvm == Some(true) && silent > quiet / 2 && now - self.shown > quiet / 2 {
            return Some(Over::KvmFailed("with KVM it stood still"));
        }
        if silent > quiet {
            return Some(Over::With(Verdict::Quiet, quiet_words(self.said.0, quiet)));
        }
        (now - self.began > whole)
            .then(|| Over::With(Verdict::TimeUp, format!("after {} s", whole.as_secs())))
    }

    /// QEMU that could not begin says why; a machine that ran and restarts ends it without a word.
    fn ended(&self) -> Over {
        let complaint = self.guest.complained();
        let complaint = complaint.lines().rfind(|line| !line.trim().is_empty() && !line.contains("warning:"));
        match complaint {
            Some(words) if self.said.0 == 0 && self.kvm.is_none() => {
                Over::With(Verdict::Undone, format!("QEMU did not start it: {}", words.trim()))
            }
            _ => Over::With(Verdict::Left, self.by()),
        }
    }

    fn by(&self) -> String {
        match self.kvm {
            Some(true) => "with KVM".to_owned(),
            Some(false) if !self.because.is_empty() => format!("on an emulated processor: {}", self.because),
            Some(false) => "on an emulated processor".to_owned(),
            None => String::new(),
        }
    }

    async fn meanwhile(&mut self) -> Meanwhile {
        let screen = self.guest.new_screen().await;
        if screen.is_some() {
            self.shown = Instant::now();
        }
        let by = self.by();
        let comma = if by.is_empty() { "" } else { ", " };
        let way = format!("{}{comma}{by}, with {} MiB of memory", self.plan.way, self.plan.memory_mib);
        Meanwhile { heard: end_of(&plain(&self.guest.said()), HEARD).to_owned(), way, screen }
    }
}

fn quiet_words(bytes: u64, quiet: Duration) -> String {
    let what = if bytes == 0 { "it said nothing" } else { "nothing new" };
    format!("{what} on its serial line for {} s: look at its screen", quiet.as_secs())
}

/// The last so many bytes of a text, or less where a letter would be cut.
fn end_of(text: &str, bytes: usize) -> &str {
    let from = (text.len().saturating_sub(bytes)..=text.len()).find(|at| text.is_char_boundary(*at));
    &text[from.unwrap_or(text.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_begins_with_a_whole_letter() {
        assert_eq!(end_of("oak", 9), "oak");
        assert_eq!(end_of("grün", 2), "n");
        assert_eq!(end_of("grün", 3), "ün");
    }
}
