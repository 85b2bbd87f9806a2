//! What can go wrong, in words for the operator.

use crate::exit::Exit;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What was typed names nothing.
    #[error("{0}")]
    Usage(String),
    #[error(
        "{server} does not answer ({why}): is the server running, and is this its address? Name it with --server or PITSTOP_SERVER"
    )]
    Unreachable { server: String, why: String },
    #[error("the server refused: {detail} ({status})")]
    Refused { status: u16, detail: String },
    /// Something answers, and it does not speak the interface.
    #[error("{server} answers, but not as a Pitstop server of this version does: {why}")]
    NotUnderstood { server: String, why: String },
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
}

impl Fault {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            _ => Exit::NoServer,
        }
    }

    /// May the same question be answered a little later? A server that is restarted refuses connections for a
    /// moment, and answers 503 while its database is away; a proxy before it says 502 or 504.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => (500..600).contains(status),
            _ => false,
        }
    }
}
