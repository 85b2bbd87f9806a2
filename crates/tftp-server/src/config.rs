//! The settings of a server, with their reasons.

use std::time::Duration;

/// Limits and times of a [`Server`](crate::Server). Start from `Config::default()`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Largest block agreed to, bytes. 1468 fills an Ethernet frame of 1500 (IP 20, UDP 8, TFTP 4);
    /// more means IP fragments, which much firmware cannot put together.
    pub blksize: u16,
    /// Most blocks sent before an ACK. Eight bring most of what windows can; on a real switch
    /// longer bursts overrun the small buffers of firmware.
    pub windowsize: u16,
    /// Transfers at once. A thousand clients are done sooner 64 at a time than all together.
    pub transfers: usize,
    /// Requests that may wait for their turn; further ones are passed over, the client asks again.
    pub waiting: usize,
    /// A waiting client that has not repeated its request for this long has given up.
    /// Firmware repeats within 4 s, curl within 15 s.
    pub patience: Duration,
    /// Shortest wait before a window is sent again. Less than 200 ms repeats needlessly while a
    /// starved virtual machine or a busy firmware is only late.
    pub first_wait: Duration,
    /// Longest wait before a window is sent again. Longer than the 5 s after which atftp and
    /// tftp-hpa repeat their last ACK, for every packet of ours starts that clock of theirs anew,
    /// and atftp answers a block it already has only once: shorter waits never let it speak.
    pub longest_wait: Duration,
    /// How often the same window is sent again before the client counts as gone. Any progress
    /// starts the count anew. Eight are 43 s with the waits above.
    pub repeats: u32,
    /// How long the handler may take to find the content. After that the client has long given up.
    pub open_limit: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            blksize: 1468,
            windowsize: 8,
            transfers: 64,
            waiting: 4096,
            patience: Duration::from_secs(30),
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(10),
            repeats: 8,
            open_limit: Duration::from_secs(30),
        }
    }
}
