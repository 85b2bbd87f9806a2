//! Which shared libraries a program names, read from the program itself (System V ABI, "Dynamic Linking"). Nothing of
//! the host's own loader is asked, so the host's libraries never get into an image.

/// `p_type` of a segment that is loaded, and of the dynamic section.
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
/// `d_tag`: a library's name, the table of names, the end.
const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;

/// The libraries that a 64-bit little-endian ELF file names, in its order; none for any other file.
#[must_use]
pub fn needed(file: &[u8]) -> Vec<String> {
    read(file).unwrap_or_default()
}

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

fn read(file: &[u8]) -> Option<Vec<String>> {
    // Magic, 64 bits, little endian.
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, size, count) = (u64_at(file, 32)?, u16_at(file, 54)?, u16_at(file, 56)?);
    let segments: Vec<_> =
        (0..u64::from(count)).filter_map(|at| segment(file, table + at * u64::from(size))).collect();
    let dynamic = segments.iter().find(|segment| segment.kind == PT_DYNAMIC)?;
    let entries: Vec<_> = (0..dynamic.size / 16)
        .filter_map(|at| {
            let at = dynamic.offset + at * 16;
            Some((u64_at(file, at)?, u64_at(file, at + 8)?))
        })
        .take_while(|(tag, _)| *tag != DT_NULL)
        .collect();
    let address = entries.iter().find(|(tag, _)| *tag == DT_STRTAB)?.1;
    let names = offset(&segments, address)?;
    let needed = entries.iter().filter(|(tag, _)| *tag == DT_NEEDED);
    Some(needed.filter_map(|(_, name)| text_at(file, names + name)).collect())
}

fn segment(file: &[u8], at: u64) -> Option<Segment> {
    Some(Segment {
        kind: u32_at(file, at)?,
        offset: u64_at(file, at + 8)?,
        address: u64_at(file, at + 16)?,
        size: u64_at(file, at + 32)?,
    })
}

/// Where in the file an address lies once it is loaded.
fn offset(segments: &[Segment], address: u64) -> Option<u64> {
    let holds = |segment: &&Segment| {
        segment.kind == PT_LOAD && (segment.address..segment.address + segment.size).contains(&address)
    };
    segments.iter().find(holds).map(|segment| address - segment.address + segment.offset)
}

fn bytes<const N: usize>(file: &[u8], at: u64) -> Option<[u8; N]> {
    let at = usize::try_from(at).ok()?;
    file.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u16_at(file: &[u8], at: u64) -> Option<u16> {
    bytes(file, at).map(u16::from_le_bytes)
}

fn u32_at(file: &[u8], at: u64) -> Option<u32> {
    bytes(file, at).map(u32::from_le_bytes)
}

fn u64_at(file: &[u8], at: u64) -> Option<u64> {
    bytes(file, at).map(u64::from_le_bytes)
}

fn text_at(file: &[u8], at: u64) -> Option<String> {
    let rest = file.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn libraries_of_a_real_program_are_read() {
        // This test itself is a program.
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let names = needed(&program);
        assert!(names.iter().any(|name| name.starts_with("libc.so")), "{names:?}");
    }

    #[test]
    fn other_files_need_nothing() {
        assert!(needed(b"#!/bin/sh\n").is_empty());
        assert!(needed(b"\x7fELF\x02\x01").is_empty());
    }
}
