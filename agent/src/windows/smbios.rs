//! The firmware's tables of the machine (SMBIOS 3.7), as `GetSystemFirmwareTable` gives them: 8 bytes of its own, then structures.

use uuid::Uuid;

/// What Windows writes before the tables: how they were found, their version, and their length.
const HEAD: usize = 8;
/// "System Information" (section 7.2).
const SYSTEM: u8 = 1;
/// What board makers leave in their tables when they have nothing to say.
const NOTHINGS: &[&str] =
    &["not specified", "to be filled by o.e.m.", "default string", "system serial number", "none", "0"];

/// What is read of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smbios {
    pub vendor: String,
    pub model: String,
    pub serial: String,
    /// `None`: it has none, or it was never set.
    pub uuid: Option<Uuid>,
}

/// Whatever is not understood is left empty.
pub fn parse(table: &[u8]) -> Smbios {
    let mut rest = table.get(HEAD..).unwrap_or_default();
    while let Some((structure, after)) = Structure::first(rest) {
        if structure.kind == SYSTEM {
            let text = |at: usize| structure.text(at);
            return Smbios { vendor: text(4), model: text(5), serial: text(7), uuid: structure.uuid() };
        }
        rest = after;
    }
    Smbios::default()
}

/// One of the tables' structures (section 6.1.2).
struct Structure<'a> {
    kind: u8,
    fields: &'a [u8],
    texts: Vec<&'a [u8]>,
}

impl<'a> Structure<'a> {
    /// The first one, and what comes after it.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (kind, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
        // Shorter than its own head: it would never end.
        let fields = bytes.get(..length.max(4))?;
        let behind = bytes.get(fields.len()..)?;
        let end = behind.windows(2).position(|two| two == [0, 0])?;
        let texts = behind.get(..end)?.split(|byte| *byte == 0).collect();
        Some((Self { kind, fields, texts }, behind.get(end + 2..)?))
    }

    /// The text that the field at this offset names: they are counted from one.
    fn text(&self, at: usize) -> String {
        let number = self.fields.get(at).copied().unwrap_or(0);
        let named = usize::from(number).checked_sub(1).and_then(|n| self.texts.get(n));
        let text = String::from_utf8_lossy(named.copied().unwrap_or_default()).trim().to_owned();
        if NOTHINGS.contains(&text.to_ascii_lowercase().as_str()) { String::new() } else { text }
    }

    /// Its first three parts have their lowest byte first (section 7.2.1). All zeros means "none", all ones "not set".
    fn uuid(&self) -> Option<Uuid> {
        let bytes = self.fields.get(8..24)?.try_into().ok()?;
        Some(Uuid::from_bytes_le(bytes)).filter(|uuid| !uuid.is_nil() && !uuid.is_max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<u8> {
        let mut table = vec![0; HEAD];
        table.extend([0, 5, 0, 0, 1]);
        table.extend(b"SeaBIOS\0\0");
        table.extend([1, 27, 1, 0, 1, 2, 0, 3]);
        table.extend([0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
        table.extend([0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 6, 0, 0]);
        table.extend(b"QEMU\0Standard PC\0Not Specified\0\0");
        table.extend([127, 4, 0, 0, 0, 0]);
        table
    }

    #[test]
    fn the_system_is_found_behind_other_structures() {
        let found = parse(&table());
        assert_eq!(
            (found.vendor.as_str(), found.model.as_str(), found.serial.as_str()),
            ("QEMU", "Standard PC", "")
        );
        assert_eq!(found.uuid.unwrap().to_string(), "00112233-4455-6677-8899-aabbccddeeff");
    }

    #[test]
    fn tables_that_break_off_say_nothing_and_do_no_harm() {
        let whole = table();
        for length in 0..whole.len() {
            let _ = parse(&whole[..length]);
        }
        assert_eq!(parse(&whole[..HEAD + 5]), Smbios::default());
        assert_eq!(parse(&[0; 64]), Smbios::default());
    }

    #[test]
    fn a_uuid_that_was_never_set_is_none() {
        let mut never = table();
        let at = never.windows(4).position(|four| four == [0x33, 0x22, 0x11, 0x00]).unwrap();
        never[at..at + 16].fill(0xff);
        assert_eq!(parse(&never).uuid, None);
    }
}
