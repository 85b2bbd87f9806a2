//! Which blocks to send next: the arithmetic of RFC 1350 and RFC 7440, without clock or socket.

use std::ops::Range;

/// The sending side of one transfer.
///
/// Blocks are counted from 1 without end; only on the wire are they cut to 16 bits, so files
/// longer than 65535 blocks roll over to 0 as all clients in use expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    size: u64,
    blksize: u64,
    width: u64,
    /// The last block of the content: the first that is shorter than `blksize`, maybe empty.
    last: u64,
    /// All blocks up to this one are acknowledged.
    acknowledged: u64,
    /// All blocks up to this one were sent.
    sent: u64,
    /// The OACK was sent and its ACK 0 is awaited.
    offering: bool,
    /// Something of this window, or of the one before it, went out more than once.
    repeated: bool,
    repeated_before: bool,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: go on waiting, the timer keeps running.
    Wait,
    /// Send the OACK.
    Offer,
    /// Send these blocks, `start..end`, counted from 1.
    Send(Range<u64>),
    /// Send these blocks again at once: the client says that the first of them is missing.
    Again(Range<u64>),
    /// Everything is acknowledged.
    Done,
}

impl Window {
    /// A transfer of `size` bytes; `offer` when an OACK goes first.
    #[must_use]
    pub fn new(size: u64, blksize: u16, width: u16, offer: bool) -> Self {
        let blksize = u64::from(blksize.max(1));
        Self {
            size,
            blksize,
            width: u64::from(width.max(1)),
            last: size / blksize + 1,
            acknowledged: 0,
            sent: 0,
            offering: offer,
            repeated: false,
            repeated_before: false,
        }
    }

    /// What goes first.
    #[must_use]
    pub fn first(&mut self) -> Next {
        if self.offering { Next::Offer } else { Next::Send(self.fill()) }
    }

    /// The wait is over: what goes again.
    #[must_use]
    pub fn expired(&mut self) -> Next {
        self.repeated = true;
        if self.offering { Next::Offer } else { Next::Again(self.fill()) }
    }

    /// An ACK arrived.
    ///
    /// One within the window moves its base, and sending goes on from there: the client lost the
    /// block after it (RFC 7440). One below means nothing.
    ///
    /// It is answered even where it may be the echo of a repetition: atftp throws away what comes
    /// after a block it had already, and waits for exactly this answer.
    pub fn acknowledge(&mut self, block: u16) -> Next {
        if self.offering {
            if block != 0 {
                return Next::Wait;
            }
            self.offering = false;
            self.pass(false);
            return Next::Send(self.fill());
        }
        let ahead = u64::from(block.wrapping_sub(wire_number(self.acknowledged)));
        if ahead == 0 {
            return self.told_again();
        }
        if self.acknowledged + ahead > self.sent {
            return Next::Wait;
        }
        self.acknowledged += ahead;
        if self.acknowledged == self.last {
            return Next::Done;
        }
        self.pass(self.acknowledged < self.sent);
        Next::Send(self.fill())
    }

    /// The ACK just below the window came again. With windows this is how a client says that the
    /// window's first block is missing, but it may as well be the echo of a repetition of ours.
    /// Answering an echo makes the next one, for ever (the sorcerer's apprentice): so it is
    /// believed only where nothing was repeated in this window and the one before, and never in
    /// lockstep, where RFC 1350 leaves repeating to the clock.
    fn told_again(&mut self) -> Next {
        if self.width == 1 || self.repeated || self.repeated_before {
            return Next::Wait;
        }
        self.repeated = true;
        Next::Again(self.fill())
    }

    fn pass(&mut self, repeats: bool) {
        self.repeated_before = self.repeated;
        self.repeated = repeats;
    }

    fn fill(&mut self) -> Range<u64> {
        self.sent = (self.acknowledged + self.width).min(self.last);
        self.acknowledged + 1..self.sent + 1
    }

    /// Bytes the client has acknowledged.
    #[must_use]
    pub fn acknowledged_bytes(&self) -> u64 {
        (self.acknowledged * self.blksize).min(self.size)
    }

    /// The last block sent so far; sending one up to here is sending it again.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Where the bytes of blocks `start..end` lie in the content.
    #[must_use]
    pub fn place(&self, blocks: &Range<u64>) -> Range<u64> {
        let byte = |block: u64| ((block.max(1) - 1) * self.blksize).min(self.size);
        byte(blocks.start)..byte(blocks.end)
    }
}

/// A block's number as the wire has it.
#[must_use]
pub fn wire_number(block: u64) -> u16 {
    (block & 0xFFFF) as u16
}
