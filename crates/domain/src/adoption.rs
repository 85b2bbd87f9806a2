//! Machines that ask on the wire and that nobody told us of: strangers, and the rules by which they are adopted.

use crate::Time;
use crate::keep;
use crate::machine::{Arch, Firmware};
use crate::net::Mac;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use uuid::Uuid;

/// A machine that asked to boot and that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    pub mac: Mac,
    pub uuid: Option<Uuid>,
    pub arch: Option<Arch>,
    pub firmware: Option<Firmware>,
    /// How it asked, in words.
    pub by: String,
    /// The network that it asked from, as a relay or its own address tells.
    pub from: Option<Ipv4Addr>,
    pub first_at: Time,
    pub at: Time,
    pub times: u64,
}

/// An IPv4 network, written `10.77.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    ip: Ipv4Addr,
    bits: u8,
}

impl Subnet {
    pub fn has(self, ip: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
        u32::from(ip) & mask == u32::from(self.ip) & mask
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.bits)
    }
}

impl FromStr for Subnet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no network: write it like 10.77.0.0/16");
        let (ip, bits) = text.trim().split_once('/').ok_or_else(wrong)?;
        let (ip, bits): (Ipv4Addr, u8) =
            (ip.parse().map_err(|_| wrong())?, bits.parse().map_err(|_| wrong())?);
        if bits > 32 {
            return Err(wrong());
        }
        // As databases keep it: nothing beside the network.
        let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
        Ok(Self { ip: Ipv4Addr::from(u32::from(ip) & mask), bits })
    }
}

impl TryFrom<String> for Subnet {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

/// Strangers for whom all of this holds become machines with this name, at this site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The first digits of the MAC address, in small letters without separators.
    pub mac_prefix: Option<String>,
    pub uuid: Option<Uuid>,
    pub arch: Option<Arch>,
    pub network: Option<Subnet>,
    /// `{mac}` stands for the address, `{mac6}` for its last six digits.
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
}

/// The fields of a rule as a form has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    pub mac: String,
    pub uuid: String,
    pub arch: String,
    pub network: String,
    pub name: String,
    pub site: String,
    pub labels: String,
}

impl RuleForm {
    /// Is nothing filled in yet?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rule that the fields describe.
    ///
    /// # Errors
    /// Which field cannot be understood, in words for people.
    pub fn rule(&self) -> Result<Rule, String> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let rule = Rule {
            mac_prefix: filled(&self.mac).map(|text| prefix(&text)).transpose()?,
            uuid: filled(&self.uuid)
                .map(|text| text.parse().map_err(|_| format!("`{text}` is no UUID")))
                .transpose()?,
            arch: match self.arch.trim() {
                "" => None,
                "x86-64" => Some(Arch::X86_64),
                "arm64" => Some(Arch::Aarch64),
                other => return Err(format!("there is no architecture `{other}`: x86-64 or arm64")),
            },
            network: filled(&self.network).map(|text| text.parse()).transpose()?,
            name: keep::name(&self.name)?,
            site: keep::site(&self.site)?,
            labels: keep::labels(&self.labels)?,
        };
        let asks =
            rule.mac_prefix.is_some() || rule.uuid.is_some() || rule.arch.is_some() || rule.network.is_some();
        if !asks {
            return Err(
                "say which machines it is for: a MAC prefix, a network, a UUID or an architecture".to_owned()
            );
        }
        if rule.uuid.is_none() && !rule.name.contains("{mac") {
            return Err("machines need names of their own: put {mac} or {mac6} into the name".to_owned());
        }
        Ok(rule)
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.' | '*')).collect();
    let is = !digits.is_empty() && digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is.then(|| digits.to_ascii_lowercase())
        .ok_or_else(|| format!("`{text}` is no beginning of a MAC address: write digits, like 52:54:00"))
}

impl Rule {
    /// Does it hold of this stranger?
    pub fn fits(&self, stranger: &Stranger) -> bool {
        let digits = stranger.mac.to_string().replace(':', "");
        self.mac_prefix.as_ref().is_none_or(|prefix| digits.starts_with(prefix.as_str()))
            && self.uuid.is_none_or(|uuid| stranger.uuid == Some(uuid))
            && self.arch.is_none_or(|arch| stranger.arch == Some(arch))
            && self.network.is_none_or(|network| stranger.from.is_some_and(|from| network.has(from)))
    }

    /// What the stranger is called when it is adopted.
    pub fn name_for(&self, mac: Mac) -> String {
        let text = mac.to_string().replace(':', "-");
        let digits = text.replace('-', "");
        self.name.replace("{mac6}", &digits[6..]).replace("{mac}", &text)
    }

    /// What it asks for, in words.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.mac_prefix.as_ref().map(|prefix| format!("MAC begins with {}", spaced(prefix))));
        words.extend(self.network.map(|network| format!("asks from {network}")));
        words.extend(self.arch.map(|arch| format!("is {arch}")));
        words.extend(self.uuid.map(|uuid| format!("has the UUID {uuid}")));
        words.join(", and ")
    }
}

fn spaced(digits: &str) -> String {
    let pairs: Vec<String> =
        digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger() -> Stranger {
        Stranger {
            mac: Mac([0x52, 0x54, 0, 0x12, 0x34, 0xab]),
            uuid: None,
            arch: Some(Arch::X86_64),
            firmware: Some(Firmware::Uefi),
            by: "UEFI PXE".to_owned(),
            from: Some(Ipv4Addr::new(10, 77, 3, 9)),
            first_at: Time::UNIX_EPOCH,
            at: Time::UNIX_EPOCH,
            times: 1,
        }
    }

    fn form(mac: &str, network: &str, name: &str) -> RuleForm {
        let text = str::to_owned;
        RuleForm {
            mac: text(mac),
            network: text(network),
            name: text(name),
            site: text("berlin"),
            ..RuleForm::default()
        }
    }

    #[test]
    fn a_rule_holds_of_those_that_it_describes_and_names_each() {
        let rule = form("52:54:00", "10.77.0.0/16", "pc-{mac6}").rule().unwrap();
        assert!(rule.fits(&stranger()));
        assert_eq!(rule.name_for(stranger().mac), "pc-1234ab");
        assert_eq!(rule.words(), "MAC begins with 52:54:00, and asks from 10.77.0.0/16");
        assert!(!form("52:55", "", "pc-{mac}").rule().unwrap().fits(&stranger()));
        let elsewhere = Stranger { from: None, ..stranger() };
        assert!(!rule.fits(&elsewhere), "of a network that is not known no rule holds");
    }

    #[test]
    fn a_rule_for_everybody_or_with_one_name_for_many_is_refused() {
        assert!(form("", "", "pc-{mac6}").rule().unwrap_err().contains("which machines"));
        assert!(form("52", "", "pc").rule().unwrap_err().contains("{mac6}"));
        assert!(form("5x", "", "pc-{mac}").rule().unwrap_err().contains("`5x`"));
        assert!(form("", "10.77.0.0/33", "pc-{mac}").rule().unwrap_err().contains("10.77.0.0/16"));
    }

    #[test]
    fn networks_have_what_lies_within_them() {
        let has = |network: &str, ip: &str| network.parse::<Subnet>().unwrap().has(ip.parse().unwrap());
        assert!(
            has("10.0.0.0/8", "10.255.0.1") && has("0.0.0.0/0", "1.2.3.4") && has("1.2.3.4/32", "1.2.3.4")
        );
        assert!(!has("10.0.0.0/9", "10.255.0.1"));
        assert_eq!("10.77.3.9/16".parse::<Subnet>().unwrap().to_string(), "10.77.0.0/16");
    }
}
