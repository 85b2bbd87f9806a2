//! A shell on a pseudo-terminal (pty(7)).

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

/// What a terminal is before anybody says how large it is.
const SIZE: (u16, u16) = (24, 80);

/// A running shell, and the terminal's other end.
pub struct Shell {
    master: File,
    child: Child,
}

impl Shell {
    /// Starts one.
    ///
    /// # Errors
    /// When there are no terminals, or no shell.
    pub fn start() -> io::Result<Self> {
        Self::run("/bin/busybox", &["setsid", "-c", "/bin/busybox", "sh", "-l"])
    }

    /// Starts a program that makes the terminal its own.
    ///
    /// # Errors
    /// As [`Shell::start`].
    pub fn run(program: &str, arguments: &[&str]) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap_or_default();
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(OsStr::from_bytes(name.as_bytes()))?;
        let master = File::from(master);
        size(master.as_fd(), SIZE.0, SIZE.1);
        rustix::io::ioctl_fionbio(&master, true)?;
        let child = Command::new(program)
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("HOME", "/root")
            .current_dir("/")
            .stdin(Stdio::from(terminal.try_clone()?))
            .stdout(Stdio::from(terminal.try_clone()?))
            .stderr(Stdio::from(terminal))
            .spawn()?;
        Ok(Self { master, child })
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        size(self.master.as_fd(), rows.max(1), cols.max(1));
    }

    /// What the terminal wrote; 0: the shell is gone.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when there is nothing.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.master.read(buffer) {
            // Linux says so when nobody has the other end any more.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => Ok(0),
            read => read,
        }
    }

    /// Types; gives how many bytes the terminal took.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when it takes none now.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.master.write(bytes)
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    /// Hangs up; what does not listen to that goes with the machine's restart.
    pub fn end(mut self) -> Option<i32> {
        drop(self.master);
        match self.child.try_wait() {
            Ok(Some(status)) => status.code().or_else(|| status.signal()),
            _ => {
                let _ = self.child.kill();
                self.child.wait().ok().and_then(|status| status.code())
            }
        }
    }
}

fn size(fd: BorrowedFd<'_>, rows: u16, cols: u16) {
    let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
    // A terminal of another size is a terminal all the same.
    let _ = tcsetwinsize(fd, size);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// All that it writes until it is gone.
    fn said(shell: &mut Shell) -> String {
        let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
        loop {
            let mut fds = [PollFd::new(&shell.master, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec { tv_sec: 10, tv_nsec: 0 })).unwrap();
            match shell.read(&mut buffer) {
                Ok(0) => return String::from_utf8_lossy(&all).into_owned(),
                Ok(n) => all.extend(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_shell_has_a_terminal_of_the_size_that_was_asked_for() {
        let mut shell = Shell::run("setsid", &["-c", "sh", "-c", "read wait; stty size; tty"]).unwrap();
        shell.resize(50, 132);
        shell.write(b"\n").unwrap();
        let said = said(&mut shell);
        assert!(said.contains("50 132") && said.contains("/dev/pts/"), "{said}");
        assert_eq!(shell.end(), Some(0));
    }

    #[test]
    fn control_c_ends_what_runs() {
        let script = "trap 'echo stopped; exit 3' INT; echo ready; while :; do sleep 0.05; done";
        let mut shell = Shell::run("setsid", &["-c", "sh", "-c", script]).unwrap();
        let mut buffer = [0; 256];
        while !matches!(shell.read(&mut buffer), Ok(n) if n > 0) {
            std::thread::yield_now();
        }
        shell.write(b"\x03").unwrap();
        assert!(said(&mut shell).contains("stopped"));
    }
}
