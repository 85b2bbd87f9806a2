//! The archive format of an initramfs: cpio "newc"
//! (Linux, `Documentation/driver-api/early-userspace/buffer-format.rst`).

use std::io::{self, Write};

use crate::tree::{Node, Tree};

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHAR_DEVICE: u32 = 0o020_000;
const BLOCK_DEVICE: u32 = 0o060_000;

const TRAILER: &str = "TRAILER!!!";

/// Loaders may join archives; a whole number of sectors keeps the next one aligned.
const BLOCK: usize = 512;

/// Writes a tree as one archive. Owner, group and times are zero and inode numbers follow
/// the order of the paths, so the bytes depend on the content alone.
pub fn write(tree: &Tree, out: impl Write) -> io::Result<()> {
    let mut archive = Archive { out, written: 0 };
    for (inode, (path, node)) in (1u32..).zip(tree.iter()) {
        let (mode, links, device, data) = describe(node);
        archive.entry(&Header { inode, mode, links, device }, path, data)?;
    }
    archive.entry(&Header { inode: 0, mode: 0, links: 1, device: (0, 0) }, TRAILER, &[])?;
    archive.pad(BLOCK)
}

fn describe(node: &Node) -> (u32, u32, (u32, u32), &[u8]) {
    match node {
        Node::Directory { mode } => (DIRECTORY | mode, 2, (0, 0), &[]),
        Node::File { mode, data } => (REGULAR | mode, 1, (0, 0), data),
        Node::Symlink { target } => (SYMLINK | 0o777, 1, (0, 0), target.as_bytes()),
        Node::CharDevice { mode, major, minor } => (CHAR_DEVICE | mode, 1, (*major, *minor), &[]),
        Node::BlockDevice { mode, major, minor } => (BLOCK_DEVICE | mode, 1, (*major, *minor), &[]),
    }
}

struct Header {
    inode: u32,
    mode: u32,
    links: u32,
    device: (u32, u32),
}

struct Archive<W> {
    out: W,
    written: usize,
}

impl<W: Write> Archive<W> {
    fn entry(&mut self, header: &Header, name: &str, data: &[u8]) -> io::Result<()> {
        let too_long = |_| io::Error::other(format!("{name} is too long for a cpio archive"));
        let size = u32::try_from(data.len()).map_err(too_long)?;
        let name_size = u32::try_from(name.len() + 1).map_err(too_long)?;
        let fields = [
            header.inode,
            header.mode,
            0, // owner
            0, // group
            header.links,
            0, // time
            size,
            0, // device the file lies on
            0,
            header.device.0,
            header.device.1,
            name_size,
            0, // checksum, unused in "newc"
        ];
        self.put(b"070701")?;
        for field in fields {
            self.put(format!("{field:08x}").as_bytes())?;
        }
        self.put(name.as_bytes())?;
        self.put(&[0])?;
        self.pad(4)?;
        self.put(data)?;
        self.pad(4)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len();
        self.out.write_all(bytes)
    }

    fn pad(&mut self, to: usize) -> io::Result<()> {
        let missing = self.written.next_multiple_of(to) - self.written;
        self.put(&vec![0; missing])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(tree: &Tree) -> Vec<u8> {
        let mut out = Vec::new();
        write(tree, &mut out).unwrap();
        out
    }

    #[test]
    fn header_and_data_stand_on_four_byte_borders() {
        let mut tree = Tree::new();
        tree.file("a", "hello");
        let archive = bytes(&tree);
        let header = "070701\
            00000001000081a4000000000000000000000001000000000000000500000000000000000000000000000000\
            0000000200000000";
        assert_eq!(&archive[..110], header.as_bytes());
        assert_eq!(&archive[110..112], b"a\0");
        assert_eq!(&archive[112..117], b"hello");
        assert_eq!(&archive[120..126], b"070701", "the next entry starts on the border");
    }

    #[test]
    fn archive_ends_with_the_trailer_in_whole_sectors() {
        let archive = bytes(&Tree::new());
        assert_eq!(archive.len() % BLOCK, 0);
        assert!(archive.windows(TRAILER.len()).any(|part| part == TRAILER.as_bytes()));
    }

    #[test]
    fn order_of_insertion_does_not_matter_and_parents_come_first() {
        let mut one = Tree::new();
        one.file("etc/b", "2").symlink("bin/sh", "busybox").file("etc/a", "1");
        let mut other = Tree::new();
        other.file("etc/a", "1").file("etc/b", "2").symlink("bin/sh", "busybox");
        assert_eq!(bytes(&one), bytes(&other));
        let paths: Vec<_> = one.iter().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(paths, ["bin", "bin/sh", "etc", "etc/a", "etc/b"]);
    }

    #[test]
    fn devices_carry_their_numbers() {
        let mut tree = Tree::new();
        tree.insert("dev/console", Node::CharDevice { mode: 0o600, major: 5, minor: 1 });
        let archive = bytes(&tree);
        let start = archive.windows(11).position(|part| part == b"dev/console").unwrap() - 110;
        let header = std::str::from_utf8(&archive[start..start + 110]).unwrap();
        assert_eq!(&header[14..22], "00002180");
        assert_eq!(&header[78..94], "0000000500000001");
    }
}
