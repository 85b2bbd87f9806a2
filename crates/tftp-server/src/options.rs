//! What is agreed with the client: blksize (RFC 2348), tsize and timeout (RFC 2349),
//! windowsize (RFC 7440).

use std::time::Duration;

use crate::config::Config;

/// RFC 1350: the block size when nothing is agreed, bytes.
const PLAIN_BLKSIZE: u16 = 512;
/// RFC 2348: block sizes a client may ask for, bytes.
const SMALLEST_BLKSIZE: u16 = 8;
pub(crate) const LARGEST_BLKSIZE: u16 = 65464;

/// The terms of one transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Bytes a block.
    pub blksize: u16,
    /// Blocks sent before an ACK is awaited.
    pub windowsize: u16,
    /// The client's own retransmission time, where it named one.
    pub timeout: Option<Duration>,
    /// The client asked how long the file is.
    pub size_asked: bool,
    /// What goes into the OACK; empty means there is none.
    pub answer: Vec<(String, String)>,
}

impl Agreed {
    /// Answers the options of a request for a file of `size` bytes.
    ///
    /// An option that is unknown, repeated or out of its range is left out of the answer, as
    /// RFC 2347 wants; sizes are lowered to the limits of `config`, never raised.
    #[must_use]
    pub fn new(asked: &[(String, String)], size: u64, config: &Config) -> Self {
        let mut agreed = Self {
            blksize: PLAIN_BLKSIZE,
            windowsize: 1,
            timeout: None,
            size_asked: false,
            answer: Vec::new(),
        };
        for (name, value) in asked {
            let repeated = agreed.answer.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            if repeated {
                continue;
            }
            if let Some(value) = agreed.take(name, value, size, config) {
                agreed.answer.push((name.clone(), value));
            }
        }
        agreed
    }

    fn take(&mut self, name: &str, value: &str, size: u64, config: &Config) -> Option<String> {
        match name.to_ascii_lowercase().as_str() {
            "blksize" => {
                let asked = within(value, SMALLEST_BLKSIZE, LARGEST_BLKSIZE)?;
                self.blksize = asked.min(config.blksize.clamp(SMALLEST_BLKSIZE, LARGEST_BLKSIZE));
                Some(self.blksize.to_string())
            }
            "windowsize" => {
                self.windowsize = within(value, 1, u16::MAX)?.min(config.windowsize.max(1));
                Some(self.windowsize.to_string())
            }
            "timeout" => {
                let seconds = within(value, 1, 255)?;
                self.timeout = Some(Duration::from_secs(seconds.into()));
                Some(seconds.to_string())
            }
            "tsize" => {
                value.parse::<u64>().ok()?;
                self.size_asked = true;
                Some(size.to_string())
            }
            _ => None,
        }
    }
}

/// Numbers too large for the field are out of range like any other.
fn within(value: &str, smallest: u16, largest: u16) -> Option<u16> {
    let number = value.parse::<u16>().ok()?;
    (smallest..=largest).contains(&number).then_some(number)
}
