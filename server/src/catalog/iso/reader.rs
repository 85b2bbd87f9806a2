//! Folders and files of a disc: ECMA-119 (ISO 9660), with the names of Rock Ridge (IEEE P1282 over SUSP) where it has
//! them, else those of Joliet, else the plain ones. As much as is needed to find a file and to copy it out; whatever a
//! disc says is bounded before it is believed.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Volume descriptors begin behind the system area, 16 sectors of 2048 bytes (ECMA-119, 6.2).
const FIRST_DESCRIPTOR: u64 = 16 * 2048;
/// No disc has more than a handful.
const DESCRIPTORS: u64 = 32;
/// A folder of 16 MiB has a hundred thousand files.
const LARGEST_FOLDER: u64 = 16 << 20;
/// A name is continued elsewhere once, or twice.
const CONTINUED: usize = 8;

/// A disc.
pub(super) struct Disc<R> {
    from: R,
    /// Bytes of the whole disc.
    bytes: u64,
    block: u64,
    root: Entry,
    names: Names,
    label: String,
}

/// Whose names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// Bytes of each system use area that are not SUSP's.
    RockRidge {
        skip: usize,
    },
    Joliet,
    Plain,
}

/// A file or a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub is_folder: bool,
    /// Block and bytes: a file of more than 4 GiB has several.
    extents: Vec<(u32, u32)>,
    /// More of it comes in the next record.
    goes_on: bool,
}

impl Entry {
    pub fn bytes(&self) -> u64 {
        self.extents.iter().map(|(_, bytes)| u64::from(*bytes)).sum()
    }
}

impl<R: Read + Seek> Disc<R> {
    /// # Errors
    /// It is no disc, or cannot be read.
    pub fn open(mut from: R) -> io::Result<Self> {
        let bytes = from.seek(SeekFrom::End(0))?;
        let (mut primary, mut joliet) = (None, None);
        for n in 0..DESCRIPTORS {
            let mut descriptor = vec![0; 2048];
            from.seek(SeekFrom::Start(FIRST_DESCRIPTOR + n * 2048))?;
            from.read_exact(&mut descriptor)?;
            if &descriptor[1..6] != b"CD001" {
                return Err(wrong("it has no volume descriptor"));
            }
            match descriptor[0] {
                1 if primary.is_none() => primary = Some(descriptor),
                2 if &descriptor[88..90] == b"%/" => joliet = Some(descriptor),
                255 => break,
                _ => {}
            }
        }
        let primary = primary.ok_or_else(|| wrong("it has no primary volume"))?;
        let block = u64::from(u16::from_le_bytes([primary[128], primary[129]]));
        if !(512..=2048).contains(&block) {
            return Err(wrong("its blocks are of no size that there is"));
        }
        let label = String::from_utf8_lossy(&primary[40..72]).trim().to_owned();
        let root = record(&primary[156..190]).ok_or_else(|| wrong("it has no root"))?;
        let mut disc = Self { from, bytes, block, root, names: Names::Plain, label };
        if let Some(skip) = disc.has_rock_ridge()? {
            disc.names = Names::RockRidge { skip };
        } else if let Some(root) = joliet.and_then(|joliet| record(&joliet[156..190])) {
            (disc.root, disc.names) = (root, Names::Joliet);
        }
        Ok(disc)
    }

    /// What it is called.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The file or folder at a path whose last name may have stars; of several files the last by name.
    pub fn find(&mut self, path: &str) -> io::Result<Option<Entry>> {
        let mut at = self.root.clone();
        for wanted in path.split('/') {
            if !at.is_folder {
                return Ok(None);
            }
            let mut found: Vec<_> =
                self.folder(&at)?.into_iter().filter(|entry| is_called(&entry.name, wanted)).collect();
            found.sort_by(|a, b| a.name.cmp(&b.name));
            let Some(last) = found.pop() else { return Ok(None) };
            at = last;
        }
        Ok(Some(at))
    }

    /// Copies a file out.
    pub fn copy(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<u64> {
        // Extents that lie over each other would grow without end.
        if entry.bytes() > self.bytes {
            return Err(wrong("a file on it is larger than the disc"));
        }
        let mut copied = 0;
        for (block, bytes) in &entry.extents {
            self.from.seek(SeekFrom::Start(u64::from(*block) * self.block))?;
            copied += io::copy(&mut (&mut self.from).take(u64::from(*bytes)), out)?;
        }
        if copied < entry.bytes() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the disc ends before it"));
        }
        Ok(copied)
    }

    /// All in a folder, but for itself and the one above.
    fn folder(&mut self, folder: &Entry) -> io::Result<Vec<Entry>> {
        let bytes = self.whole(folder)?;
        let mut entries: Vec<Entry> = vec![];
        for (at, own) in records(&bytes) {
            let (Some(mut entry), name) = (record(own), name_of(own)) else { continue };
            if matches!(name, [0] | [1]) {
                continue;
            }
            entry.name = self.name(&bytes[at..at + own.len()], name)?;
            match entries.last_mut().filter(|last| last.goes_on && last.name == entry.name) {
                Some(last) => {
                    last.extents.append(&mut entry.extents);
                    last.goes_on = entry.goes_on;
                }
                None => entries.push(entry),
            }
        }
        Ok(entries)
    }

    fn whole(&mut self, folder: &Entry) -> io::Result<Vec<u8>> {
        if folder.bytes() > LARGEST_FOLDER {
            return Err(wrong("one of its folders is larger than any could be"));
        }
        let mut bytes = vec![];
        self.copy(folder, &mut bytes)?;
        Ok(bytes)
    }

    /// Bytes to skip in each system use area, where the root says that it has any of SUSP's (SUSP, 5.3).
    fn has_rock_ridge(&mut self) -> io::Result<Option<usize>> {
        let root = self.root.clone();
        let bytes = self.whole(&root)?;
        let Some((_, own)) = records(&bytes).next() else { return Ok(None) };
        let area = system_use(own);
        let is = area.len() >= 7 && &area[..2] == b"SP" && area[4] == 0xbe && area[5] == 0xef;
        Ok(is.then(|| usize::from(area[6])))
    }

    fn name(&mut self, own: &[u8], plain: &[u8]) -> io::Result<String> {
        match self.names {
            Names::Joliet => {
                let units: Vec<u16> =
                    plain.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                Ok(without_version(&String::from_utf16_lossy(&units)))
            }
            Names::Plain => Ok(without_version(&String::from_utf8_lossy(plain))),
            Names::RockRidge { skip } => {
                let area = system_use(own).get(skip..).unwrap_or_default().to_vec();
                let name = self.rock_ridge(area)?;
                Ok(name.unwrap_or_else(|| without_version(&String::from_utf8_lossy(plain))))
            }
        }
    }

    /// The name in fields `NM`, which may go on where a field `CE` says.
    fn rock_ridge(&mut self, mut area: Vec<u8>) -> io::Result<Option<String>> {
        let mut name: Option<Vec<u8>> = None;
        for _ in 0..CONTINUED {
            let mut next = None;
            let mut rest = area.as_slice();
            while let [a, b, length, _, ..] = rest {
                let length = usize::from(*length);
                if length < 4 || length > rest.len() {
                    break;
                }
                let field = &rest[..length];
                match [*a, *b] {
                    // "." and ".." have no name in theirs.
                    [b'N', b'M'] if length > 5 && field[4] & 0b110 == 0 => {
                        name.get_or_insert_default().extend(&field[5..]);
                    }
                    [b'C', b'E'] if length >= 28 => next = Some((le(field, 4), le(field, 12), le(field, 20))),
                    [b'S', b'T'] => break,
                    _ => {}
                }
                rest = &rest[length..];
            }
            let Some((block, offset, bytes)) = next else { break };
            if u64::from(bytes) > self.block {
                break;
            }
            area = vec![0; bytes as usize];
            self.from.seek(SeekFrom::Start(u64::from(block) * self.block + u64::from(offset)))?;
            self.from.read_exact(&mut area)?;
        }
        Ok(name.map(|name| String::from_utf8_lossy(&name).into_owned()))
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn le(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .unwrap_or_default()
}

/// The directory records in a folder, each with where it stands. None crosses a sector; the rest of one is zeros.
fn records(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(length) = bytes.get(at).map(|length| usize::from(*length)) {
            let here = at;
            if length == 0 {
                at = (at / 2048 + 1) * 2048;
                continue;
            }
            at += length;
            return bytes.get(here..here + length).filter(|own| own.len() > 33).map(|own| (here, own));
        }
        None
    })
}

/// ECMA-119, 9.1.
fn record(own: &[u8]) -> Option<Entry> {
    let flags = *own.get(25)?;
    Some(Entry {
        name: String::new(),
        is_folder: flags & 0b10 != 0,
        extents: vec![(le(own, 2).checked_add(u32::from(own[1]))?, le(own, 10))],
        goes_on: flags & 0x80 != 0,
    })
}

fn name_of(own: &[u8]) -> &[u8] {
    own.get(33..33 + usize::from(own[32])).unwrap_or_default()
}

/// What stands behind the name, which is filled up to an even length.
fn system_use(own: &[u8]) -> &[u8] {
    let name = usize::from(own[32]);
    own.get(33 + name + (name + 1) % 2..).unwrap_or_default()
}

/// `VMLINUZ.;1` is called `VMLINUZ`.
fn without_version(name: &str) -> String {
    let name = name.split(';').next().unwrap_or_default();
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

/// Plain names are written in capitals.
fn is_called(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (name.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    match wanted.split_once('*') {
        None => name == wanted,
        Some((begin, end)) => {
            name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end)
        }
    }
}
