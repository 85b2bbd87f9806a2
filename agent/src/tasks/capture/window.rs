//! A piece of a disk as a device of its own, whatever the kernel thinks of the disk's partitions; and partclone, which
//! looks through it.

use crate::maintenance::board::Board;
use crate::tasks::tool::{Tool, command};
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::{Builder, JoinHandle};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
}

/// A loop device; taken away when dropped.
pub struct Window<'a> {
    path: String,
    board: &'a Board,
}

impl<'a> Window<'a> {
    /// # Errors
    /// It cannot be made, in words.
    pub fn open(device: &str, start: u64, bytes: u64, mode: Mode, board: &'a Board) -> Result<Self, String> {
        let (start, bytes) = (start.to_string(), bytes.to_string());
        let mut args = vec!["--find", "--show", "--offset", &start, "--sizelimit", &bytes];
        args.extend((mode == Mode::Read).then_some("--read-only"));
        args.push(device);
        let ran = Tool::new("losetup").args(args).quiet().to_its_end().run(board)?;
        let path = ran.text.trim().to_owned();
        match ran.code {
            Some(0) if path.starts_with("/dev/") => Ok(Self { path, board }),
            _ => Err(format!("no window to {device} can be made: {path}")),
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = Tool::new("losetup").args(["--detach", &self.path]).quiet().to_its_end().run(self.board);
    }
}

/// What it says at last: of megabytes of complaints the end is enough.
const MOST_KEPT: usize = 4096;

fn last_words(mut from: impl Read + Send + 'static) -> io::Result<JoinHandle<String>> {
    let read = move || {
        let (mut kept, mut block) = (Vec::new(), [0; 1024]);
        while let Ok(read @ 1..) = from.read(&mut block) {
            kept.extend_from_slice(&block[..read]);
            if kept.len() > 2 * MOST_KEPT {
                kept.drain(..kept.len() - MOST_KEPT);
            }
        }
        let text = String::from_utf8_lossy(&kept).into_owned();
        let mut lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        let trouble = |line: &&str| {
            let empty = line.contains("please check") || line.starts_with("Error exit");
            !empty
                && (line.to_lowercase().contains("error") || line.contains("fail") || line.contains("not "))
        };
        lines.clone().rfind(trouble).or_else(|| lines.next_back()).unwrap_or("it says nothing").to_owned()
    };
    Builder::new().name("tool".to_owned()).stack_size(128 << 10).spawn(read)
}

fn started(error: &io::Error, program: &str) -> String {
    format!("{program} cannot be started: {error}; is it in this image?")
}

/// Partclone while it reads; what it gives is read from this.
pub struct Cloning {
    child: Child,
    out: Option<ChildStdout>,
    said: Option<JoinHandle<String>>,
}

impl Cloning {
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &str, from: &Window) -> Result<Self, String> {
        let mut command = command(program);
        command.args(["--clone", "--logfile", "/dev/null", "--source", from.path(), "--output", "-"]);
        let mut child = command.spawn().map_err(|error| started(&error, program))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let said = err.map(last_words).transpose().map_err(|error| error.to_string())?;
        Ok(Self { child, out, said })
    }

    /// Waits for its end; ends it where it was not read to its end.
    pub fn ended(mut self) -> Result<Result<(), String>, String> {
        drop(self.out.take());
        ended(&mut self.child, self.said.take())
    }
}

impl Read for Cloning {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.read(buffer))
    }
}

/// Partclone while it writes; what is written to this it gets.
pub struct Restoring {
    child: Child,
    to: Option<ChildStdin>,
    said: Option<JoinHandle<String>>,
}

impl Restoring {
    /// # Errors
    /// It cannot be started.
    pub fn start(to: &Window) -> Result<Self, String> {
        let mut command = command("partclone.restore");
        command.args(["--logfile", "/dev/null", "--source", "-", "--output", to.path()]);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().map_err(|error| started(&error, "partclone.restore"))?;
        let (to, err) = (child.stdin.take(), child.stderr.take());
        let said = err.map(last_words).transpose().map_err(|error| error.to_string())?;
        Ok(Self { child, to, said })
    }

    /// It has all: waits for its end.
    pub fn ended(mut self) -> Result<Result<(), String>, String> {
        drop(self.to.take());
        ended(&mut self.child, self.said.take())
    }
}

impl Write for Restoring {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |to| to.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.as_mut().map_or(Ok(()), Write::flush)
    }
}

fn ended(child: &mut Child, said: Option<JoinHandle<String>>) -> Result<Result<(), String>, String> {
    let status = child.wait().map_err(|error| format!("partclone was lost: {error}"))?;
    let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
    Ok(if status.success() { Ok(()) } else { Err(said) })
}
