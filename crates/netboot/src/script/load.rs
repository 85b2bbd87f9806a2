//! The lines that load an image and start it.

use crate::loaders::hyphened;
use pitstop_domain::image::{ImageFormat, ImageVersion, Part, PartRole};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;

/// Why no script can be made that would boot the image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the image {image} has no {missing}: it does not start from {firmware}")]
    Lacks { image: String, missing: &'static str, firmware: Firmware },
    #[error("`{0}` cannot stand in a boot script: letters, digits and . _ + - are allowed in file names")]
    Name(String),
    #[error("the command line of the image {image} cannot stand in a boot script because of `{word}`")]
    Cmdline { image: String, word: String },
}

/// What is loaded, and from where. Where a line fails, the script goes to its label `again`.
pub(super) struct Load<'a> {
    pub image: &'a ImageVersion,
    pub firmware: Firmware,
    /// The interface that the machine boots from.
    pub mac: Mac,
    /// The address of the image's files, up to their name.
    pub folder: String,
    /// What stands behind the name: nothing, or a query.
    pub query: String,
    /// Words for the system's kernel, beside the image's own; none for a program.
    pub words: String,
}

impl Load<'_> {
    pub fn lines(&self) -> Result<String, Unusable> {
        match (self.image.format, self.firmware) {
            (ImageFormat::Linux, _) => self.linux(),
            (ImageFormat::Program, Firmware::Bios) => {
                let url = self.url(self.part(PartRole::BiosProgram, "BIOS program")?)?;
                Ok(format!("kernel {url}{} || goto again\nboot || goto again\n", self.arguments()?))
            }
            (ImageFormat::Program, Firmware::Uefi) => {
                let url = self.url(self.part(PartRole::EfiProgram, "EFI program")?)?;
                Ok(format!("chain --autofree {url}{} || goto again\n", self.arguments()?))
            }
            (ImageFormat::Script, _) => {
                let url = self.url(self.part(PartRole::Script, "script")?)?;
                Ok(format!("set files {}\nchain --autofree {url} || goto again\n", self.folder))
            }
            (ImageFormat::Wim, _) => self.windows(),
        }
    }

    /// wimboot finds what it hands over by the names that iPXE gives the files.
    fn windows(&self) -> Result<String, Unusable> {
        let starter = self.url(self.part(PartRole::Wimboot, "wimboot")?)?;
        let mut text = format!("kernel {starter}{} || goto again\n", self.arguments()?);
        for part in self.image.parts.iter().filter(|part| part.role == PartRole::Wim) {
            let (name, url) = (file_name(&part.file)?, self.url(part)?);
            text.push_str(&format!("initrd --name {name} {url} {name} || goto again\n"));
        }
        text.push_str("boot || goto again\n");
        Ok(text)
    }

    /// The kernel's EFI stub finds its initial RAM disks by the names on the command line; for BIOS the words do no
    /// harm.
    fn linux(&self) -> Result<String, Unusable> {
        let kernel = self.part(PartRole::Kernel, "kernel")?;
        let initrds: Vec<&Part> = self.image.parts.iter().filter(|p| p.role == PartRole::Initrd).collect();
        let mut text = format!("kernel {}", self.url(kernel)?);
        for initrd in &initrds {
            text.push_str(&format!(" initrd={}", file_name(&initrd.file)?));
        }
        let (arguments, booted_from) = (self.arguments()?, hyphened(self.mac));
        text.push_str(&format!("{arguments} BOOTIF=01-{booted_from} {} || goto again\n", self.words));
        for initrd in &initrds {
            let (name, url) = (file_name(&initrd.file)?, self.url(initrd)?);
            text.push_str(&format!("initrd --name {name} {url} || goto again\n"));
        }
        text.push_str("boot || goto again\n");
        Ok(text)
    }

    fn part(&self, role: PartRole, missing: &'static str) -> Result<&Part, Unusable> {
        let lacks = || Unusable::Lacks { image: self.image.name.clone(), missing, firmware: self.firmware };
        self.image.parts.iter().find(|part| part.role == role).ok_or_else(lacks)
    }

    fn url(&self, part: &Part) -> Result<String, Unusable> {
        Ok(format!("{}/{}{}", self.folder, file_name(&part.file)?, self.query))
    }

    /// The image's own command line, with a space in front of each word.
    fn arguments(&self) -> Result<String, Unusable> {
        let mut text = String::new();
        for word in self.image.cmdline_in(&self.folder, &self.query).split_whitespace() {
            let ends_command = matches!(word, "||" | "&&" | ";") || word.starts_with('#');
            if ends_command || word.chars().any(char::is_control) {
                return Err(Unusable::Cmdline { image: self.image.name.clone(), word: word.to_owned() });
            }
            text.push(' ');
            text.push_str(word);
        }
        Ok(text)
    }
}

fn file_name(name: &str) -> Result<&str, Unusable> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let fine = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed);
    if fine { Ok(name) } else { Err(Unusable::Name(name.to_owned())) }
}

/// A token, as it may stand in a URL and on a command line. The error does not repeat it.
pub(super) fn word(token: &str) -> Result<&str, Unusable> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-' | '=');
    let fine = !token.is_empty() && token.chars().all(allowed);
    if fine { Ok(token) } else { Err(Unusable::Name("the token".to_owned())) }
}
