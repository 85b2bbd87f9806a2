//! What was said at a console, as asciicast v2 (docs.asciinema.org/manual/asciicast/v2): a header, then an event a line.
//! What was typed is not in it, but for what the terminal showed: passwords are typed, too.

use pitstop_domain::Time;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Instant;

/// A program that writes for ever fills no disk.
const MOST: u64 = 64 << 20;

/// A recording that is written.
pub struct Recording {
    out: BufWriter<Box<dyn Write + Send>>,
    began: Instant,
    bytes: u64,
    /// The beginning of a letter whose rest has not come.
    cut: Vec<u8>,
    full: bool,
}

impl Recording {
    /// Begins one; nobody else on this machine can read it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(path: &Path, title: &str, now: Time) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Self::to(Box::new(file), title, now)
    }

    fn to(out: Box<dyn Write + Send>, title: &str, now: Time) -> io::Result<Self> {
        let mut this =
            Self { out: BufWriter::new(out), began: Instant::now(), bytes: 0, cut: vec![], full: false };
        let header =
            json!({ "version": 2, "width": 80, "height": 24, "timestamp": now.timestamp(), "title": title });
        this.line(&header)?;
        Ok(this)
    }

    /// What the terminal wrote.
    pub fn wrote(&mut self, bytes: &[u8]) {
        self.cut.extend(bytes);
        let whole = whole(&self.cut);
        let text = String::from_utf8_lossy(&self.cut[..whole]).into_owned();
        self.cut.drain(..whole);
        self.event("o", &text);
    }

    pub fn resized(&mut self, rows: u16, cols: u16) {
        self.event("r", &format!("{cols}x{rows}"));
    }

    /// Something to remember this moment by: who types from now on.
    pub fn marked(&mut self, words: &str) {
        self.event("m", words);
    }

    /// Bytes so far, all of them written.
    pub fn flush(&mut self) -> u64 {
        if let Err(error) = self.out.flush() {
            tracing::warn!(%error, "The recording of a console could not be written.");
        }
        self.bytes
    }

    fn event(&mut self, kind: &str, text: &str) {
        if self.full || text.is_empty() {
            return;
        }
        self.full = self.bytes > MOST;
        let (kind, text) = match self.full {
            true => ("m", "the recording is full"),
            false => (kind, text),
        };
        let at = (self.began.elapsed().as_secs_f64() * 1e6).round() / 1e6;
        if let Err(error) = self.line(&json!([at, kind, text])) {
            tracing::warn!(%error, "The recording of a console stops: it cannot be written.");
            self.full = true;
        }
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        let mut line = value.to_string();
        line.push('\n');
        self.bytes += line.len() as u64;
        self.out.write_all(line.as_bytes())
    }
}

/// How many bytes end with a whole letter: chunks of a terminal are cut anywhere.
fn whole(bytes: &[u8]) -> usize {
    let begins = bytes.iter().rev().take(4).position(|byte| byte & 0xc0 != 0x80);
    let Some(back) = begins else { return bytes.len() };
    let start = bytes.len() - 1 - back;
    let needs = match bytes[start] {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    if bytes.len() - start < needs { start } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn events_stand_a_line_each_with_letters_whole() {
        let kept = Kept::default();
        let mut recording = Recording::to(Box::new(kept.clone()), "Hold", Time::UNIX_EPOCH).unwrap();
        recording.resized(50, 132);
        recording.marked("ada types");
        for byte in "größer €".bytes() {
            recording.wrote(&[byte]);
        }
        let bytes = recording.flush();
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(bytes, text.len() as u64);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            (&lines[0]["version"], &lines[1][1], &lines[1][2]),
            (&json!(2), &json!("r"), &json!("132x50"))
        );
        assert_eq!((&lines[2][1], &lines[2][2]), (&json!("m"), &json!("ada types")));
        let said: String = lines[3..].iter().map(|line| line[2].as_str().unwrap()).collect();
        assert_eq!(said, "größer €");
    }

    #[test]
    fn what_is_no_text_is_written_all_the_same() {
        assert_eq!((whole(b""), whole(b"abc"), whole(&[0xff]), whole(&[0x80; 9])), (0, 3, 1, 9));
        assert_eq!((whole("a\u{20ac}".as_bytes()), whole(&"a\u{20ac}".as_bytes()[..3])), (4, 1));
    }
}
