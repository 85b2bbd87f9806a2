//! How machines misbehave, as data.

use super::dice::Dice;
use std::str::FromStr;
use std::time::Duration;

/// Something that goes wrong by chance, perhaps only so often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quirk {
    /// 0 to 1, each time there is an occasion.
    pub chance: f64,
    /// How often at most; `None`: without end.
    pub times: Option<u32>,
}

impl Quirk {
    pub const NEVER: Self = Self { chance: 0.0, times: None };
    pub const ALWAYS: Self = Self { chance: 1.0, times: None };
    /// At the first occasion, and not again.
    pub const ONCE: Self = Self { chance: 1.0, times: Some(1) };

    /// There is an occasion: does it go wrong this time?
    pub fn strikes(&mut self, dice: &mut Dice) -> bool {
        let strikes = self.times != Some(0) && dice.falls(self.chance);
        if let (true, Some(left)) = (strikes, &mut self.times) {
            *left -= 1;
        }
        strikes
    }
}

/// All that may be wrong with a machine. The default is a machine without fault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quirks {
    /// A restart does not ask the network; the own system starts instead.
    pub ignores_net_boot: Quirk,
    /// The maintenance image freezes in the middle of its work, dead-man timer and all.
    pub hangs_in_maintenance: Quirk,
    /// Restarted out of maintenance, it stays dark, whatever is tried.
    pub never_returns: Quirk,
    /// A boot takes eight times as long.
    pub slow_boot: Quirk,
    /// The memory test finds errors.
    pub faulty_memory: bool,
    /// Share of boot packets (DHCP requests, TFTP blocks) that are lost.
    pub loss: f64,
    /// Share of the maintenance agent's reports that arrive twice.
    pub doubles_reports: f64,
    /// Share of them of which an old copy arrives late, behind newer ones.
    pub reorders_reports: f64,
    /// Its management answers so late, long after it has done what it was asked.
    pub board_answers_late: Duration,
}

/// Which share of a fleet has which fault, and which machines have no agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mix {
    pub without_agent: f64,
    /// Machines without a disk: the server's catalog needs the image that they run ([`super::OWN_IMAGE`]).
    pub diskless: f64,
    pub ignores_net_boot: f64,
    pub hangs_in_maintenance: f64,
    pub never_returns: f64,
    pub slow_boot: f64,
    pub faulty_memory: f64,
    pub lossy: f64,
    pub muddles_reports: f64,
}

/// A lossy line loses every tenth packet: bad cabling does.
const LOSSY: f64 = 0.1;
/// Of the reports of a machine that muddles them.
const MUDDLED: f64 = 0.3;

impl Mix {
    /// What a fleet of some size looks like on an ordinary day.
    pub fn ordinary() -> Self {
        Self {
            without_agent: 0.1,
            diskless: 0.0,
            ignores_net_boot: 0.03,
            hangs_in_maintenance: 0.01,
            never_returns: 0.005,
            slow_boot: 0.05,
            faulty_memory: 0.02,
            lossy: 0.03,
            muddles_reports: 0.1,
        }
    }

    /// The quirks of one machine, and whether its own system has an agent.
    pub fn deal(&self, dice: &mut Dice) -> (Quirks, bool) {
        let mut quirk = |share, quirk| if dice.falls(share) { quirk } else { Quirk::NEVER };
        let mut quirks = Quirks {
            ignores_net_boot: quirk(self.ignores_net_boot, Quirk::ONCE),
            hangs_in_maintenance: quirk(self.hangs_in_maintenance, Quirk::ALWAYS),
            never_returns: quirk(self.never_returns, Quirk::ALWAYS),
            slow_boot: quirk(self.slow_boot, Quirk { chance: 0.5, times: None }),
            ..Quirks::default()
        };
        quirks.faulty_memory = dice.falls(self.faulty_memory);
        quirks.loss = if dice.falls(self.lossy) { LOSSY } else { 0.0 };
        let muddled = if dice.falls(self.muddles_reports) { MUDDLED } else { 0.0 };
        (quirks.doubles_reports, quirks.reorders_reports) = (muddled, muddled);
        (quirks, !dice.falls(self.without_agent))
    }

    fn share(&mut self, name: &str) -> Option<&mut f64> {
        Some(match name {
            "without-agent" => &mut self.without_agent,
            "diskless" => &mut self.diskless,
            "ignores-net-boot" => &mut self.ignores_net_boot,
            "hangs" => &mut self.hangs_in_maintenance,
            "never-returns" => &mut self.never_returns,
            "slow-boot" => &mut self.slow_boot,
            "faulty-memory" => &mut self.faulty_memory,
            "lossy" => &mut self.lossy,
            "muddles-reports" => &mut self.muddles_reports,
            _ => return None,
        })
    }
}

/// The text does not describe a mix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not understood: write `none`, `ordinary`, or shares from 0 to 1 like hangs=0.1,lossy=0.2 of \
     without-agent, diskless, ignores-net-boot, hangs, never-returns, slow-boot, faulty-memory, lossy, muddles-reports"
)]
pub struct NotAMix(String);

impl FromStr for Mix {
    type Err = NotAMix;

    fn from_str(text: &str) -> Result<Self, NotAMix> {
        let mut mix = Self::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let wrong = || NotAMix(word.to_owned());
            match word.split_once('=') {
                None if word == "none" => {}
                None if word == "ordinary" => mix = Self::ordinary(),
                None => return Err(wrong()),
                Some((name, share)) => {
                    let share = share.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                    *mix.share(name).ok_or_else(wrong)? = share.ok_or_else(wrong)?;
                }
            }
        }
        Ok(mix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_once_happens_at_the_first_occasion_only() {
        let (mut once, mut dice) = (Quirk::ONCE, Dice::new(1, 1));
        assert_eq!([once.strikes(&mut dice), once.strikes(&mut dice)], [true, false]);
        let (mut never, mut always) = (Quirk::NEVER, Quirk::ALWAYS);
        assert!(!never.strikes(&mut dice) && always.strikes(&mut dice));
    }

    #[test]
    fn a_mix_is_dealt_in_its_shares() {
        let mix = Mix { without_agent: 0.1, faulty_memory: 0.3, hangs_in_maintenance: 0.2, ..Mix::default() };
        let dealt: Vec<_> = (0..2000).map(|index| mix.deal(&mut Dice::new(1, index))).collect();
        let count = |is_so: &dyn Fn(&(Quirks, bool)) -> bool| dealt.iter().filter(|one| is_so(one)).count();
        assert!((150..250).contains(&count(&|(_, agent)| !agent)));
        assert!((520..680).contains(&count(&|(quirks, _)| quirks.faulty_memory)));
        assert!((330..470).contains(&count(&|(quirks, _)| quirks.hangs_in_maintenance == Quirk::ALWAYS)));
        assert_eq!(count(&|(quirks, _)| quirks.loss > 0.0), 0);
    }

    #[test]
    fn a_mix_is_read_and_nonsense_is_refused() {
        let mix: Mix = "ordinary,hangs=0.5, lossy=0".parse().unwrap();
        assert_eq!(mix, Mix { hangs_in_maintenance: 0.5, lossy: 0.0, ..Mix::ordinary() });
        assert_eq!("none".parse(), Ok(Mix::default()));
        for wrong in ["hangs", "hangs=2", "sings=0.1"] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong}");
        }
    }
}
