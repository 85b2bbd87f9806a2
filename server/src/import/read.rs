//! CSV into rows. The first line names the columns; what is wrong with a row is told of that row.

use pitstop_domain::keep;
use pitstop_domain::machine::{Arch, Desk, Firmware};
use pitstop_domain::net::Mac;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows that are read at once. A larger fleet comes in parts, each of which can be looked through.
pub const MOST: usize = 20_000;

/// Columns by the names that people give them.
const COLUMNS: [(&str, &[&str]); 10] = [
    ("name", &["name", "hostname", "machine"]),
    ("macs", &["macs", "mac", "mac address", "mac addresses"]),
    ("uuid", &["uuid", "smbios uuid", "smbios_uuid"]),
    ("site", &["site", "location"]),
    ("labels", &["labels", "label", "tags"]),
    ("room", &["room"]),
    ("asset_tag", &["asset_tag", "asset tag", "asset", "inventory number"]),
    ("used_by", &["used_by", "used by", "user"]),
    ("arch", &["arch", "architecture"]),
    ("firmware", &["firmware"]),
];

/// A row, as far as it is understood. What is empty is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// As editors count.
    pub line: u64,
    pub name: String,
    pub macs: Vec<Mac>,
    pub uuid: Option<Uuid>,
    pub site: Option<String>,
    /// `None`: the column is not there or the field is empty, so labels stay as they are.
    pub labels: Option<Vec<String>>,
    pub desk: Desk,
    pub arch: Option<Arch>,
    pub firmware: Option<Firmware>,
    pub wrong: Vec<String>,
}

/// Reads a list.
///
/// # Errors
/// What is wrong with the list as a whole, in words for people.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    // Browsers post both ends of a line, and lines are counted by the second.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let head = text.lines().find(|line| !line.trim().is_empty()).ok_or("the list is empty")?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(head))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(|error| error.to_string())?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("the list cannot be read: {error}"))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MOST {
            return Err(format!("a list has {MOST} rows at most: divide it"));
        }
        rows.push(row(&columns, &record));
    }
    match rows.is_empty() {
        true => Err("the list has a head and no rows".to_owned()),
        false => Ok(rows),
    }
}

/// Whichever divides the head most often.
fn delimiter(head: &str) -> u8 {
    let count = |delimiter: u8| head.bytes().filter(|b| *b == delimiter).count();
    b",;\t".iter().copied().max_by_key(|delimiter| (count(*delimiter), *delimiter == b',')).unwrap_or(b',')
}

fn columns(head: &csv::StringRecord) -> Result<Vec<&'static str>, String> {
    let mut columns = Vec::new();
    for title in head {
        let title = title.to_lowercase();
        let known = COLUMNS.iter().find(|(_, names)| names.contains(&title.as_str()));
        let Some((column, _)) = known else {
            let all: Vec<_> = COLUMNS.iter().map(|(column, _)| *column).collect();
            return Err(format!(
                "there is no column `{title}`: known are {}; the first line names them",
                all.join(", ")
            ));
        };
        if columns.contains(column) {
            return Err(format!("the column `{column}` is there twice"));
        }
        columns.push(*column);
    }
    if !columns.contains(&"macs") && !columns.contains(&"uuid") && !columns.contains(&"name") {
        return Err("the list needs a column by which machines are recognised: macs, uuid or name".to_owned());
    }
    Ok(columns)
}

fn row(columns: &[&'static str], record: &csv::StringRecord) -> Row {
    let mut row = Row { line: record.position().map_or(0, csv::Position::line), ..Row::default() };
    if record.len() > columns.len() {
        row.wrong.push(format!("it has {} fields, the head names {}", record.len(), columns.len()));
        return row;
    }
    let fields: BTreeMap<&str, &str> =
        columns.iter().copied().zip(record.iter()).filter(|(_, value)| !value.is_empty()).collect();
    let get = |column: &str| fields.get(column).copied();
    let mut wrong = Vec::new();
    row.name = ok(get("name").map(keep::name), &mut wrong).unwrap_or_default();
    row.macs = macs(get("macs").unwrap_or_default(), &mut wrong);
    row.uuid =
        ok(get("uuid").map(|text| text.parse().map_err(|_| format!("`{text}` is no UUID"))), &mut wrong);
    row.site = ok(get("site").map(keep::site), &mut wrong);
    row.labels = ok(get("labels").map(labels), &mut wrong);
    let note = |column: &str, what: &str| get(column).map(|text| keep::note(what, text));
    row.desk = Desk {
        room: ok(note("room", "a room"), &mut wrong).unwrap_or_default(),
        asset_tag: ok(note("asset_tag", "an asset tag"), &mut wrong).unwrap_or_default(),
        used_by: ok(note("used_by", "a person"), &mut wrong).unwrap_or_default(),
    };
    row.arch = ok(get("arch").map(arch), &mut wrong);
    row.firmware = ok(get("firmware").map(firmware), &mut wrong);
    row.wrong = wrong;
    row
}

/// By commas or semicolons; where there are none, by spaces.
fn labels(text: &str) -> Result<Vec<String>, String> {
    if text.contains([',', ';']) { keep::labels(text) } else { keep::labels(&text.replace(' ', ",")) }
}

fn ok<T>(read: Option<Result<T, String>>, wrong: &mut Vec<String>) -> Option<T> {
    match read? {
        Ok(value) => Some(value),
        Err(why) => {
            wrong.push(why);
            None
        }
    }
}

/// Addresses, by white space, commas or semicolons.
fn macs(text: &str, wrong: &mut Vec<String>) -> Vec<Mac> {
    let mut macs: Vec<Mac> = Vec::new();
    for part in text.split([' ', ',', ';']).filter(|part| !part.is_empty()) {
        match part.parse::<Mac>() {
            Ok(mac) if macs.contains(&mac) => wrong.push(format!("{mac} stands there twice")),
            Ok(mac) => macs.push(mac),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    macs
}

fn arch(text: &str) -> Result<Arch, String> {
    match text.to_lowercase().as_str() {
        "x86-64" | "x86_64" | "amd64" | "x64" => Ok(Arch::X86_64),
        "arm64" | "aarch64" => Ok(Arch::Aarch64),
        _ => Err(format!("there is no architecture `{text}`: x86-64 or arm64")),
    }
}

fn firmware(text: &str) -> Result<Firmware, String> {
    match text.to_lowercase().as_str() {
        "bios" | "legacy" => Ok(Firmware::Bios),
        "uefi" | "efi" => Ok(Firmware::Uefi),
        _ => Err(format!("there is no firmware `{text}`: bios or uefi")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_whatever_divides_it_and_whatever_its_columns_are_called() {
        for text in [
            "Name,MAC,Site,Labels\npc-1,52:54:00:00:00:01,berlin,\"lab, office\"\n",
            "\u{feff}hostname;mac address;location;tags\r\npc-1;5254.0000.0001;berlin;lab office\r\n\r\n",
            "name\tmacs\tsite\tlabels\npc-1\t52-54-00-00-00-01\tberlin\tlab;office",
        ] {
            let rows = read(text).unwrap();
            assert_eq!(rows.len(), 1, "{text}");
            assert_eq!((rows[0].line, rows[0].name.as_str(), rows[0].wrong.len()), (2, "pc-1", 0), "{text}");
            assert_eq!(
                rows[0].labels.as_deref(),
                Some(&["lab".to_owned(), "office".to_owned()][..]),
                "{text}"
            );
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_row_is_told_at_once() {
        let rows = read(
            "name,mac,uuid,arch,firmware\na*b,52:54,no,sparc,coreboot\npc-2,525400000002,,arm64,uefi,more\n",
        )
        .unwrap();
        assert_eq!(rows[0].wrong.len(), 5, "{:?}", rows[0].wrong);
        assert_eq!(rows[1].wrong, ["it has 6 fields, the head names 5"]);
    }

    #[test]
    fn a_list_that_cannot_be_meant_is_refused_in_words() {
        assert!(read("").unwrap_err().contains("empty"));
        assert!(read("name\n").unwrap_err().contains("no rows"));
        assert!(read("name,colour\na,b").unwrap_err().contains("`colour`"));
        assert!(read("site\nberlin").unwrap_err().contains("recognised"));
        assert!(read("name,hostname\na,b").unwrap_err().contains("twice"));
    }
}
