//! What the agent is told by whoever installs it.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The file given with `--config`.
#[derive(Clone, Deserialize)]
pub struct Config {
    /// Base URL of the server, like `http://10.77.0.2:8080`.
    pub server: String,
    /// The site's enrolment key.
    pub enrol: String,
    /// Folder for what outlives a restart: the machine's id and token.
    pub state: PathBuf,
    /// Seconds between two measurements; left out, it is a minute.
    #[serde(default)]
    pub measure_s: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error(
        "the configuration {0} is not understood: {1}; it is JSON with \"server\", \"enrol\" and \"state\""
    )]
    Nonsense(PathBuf, serde_json::Error),
    #[error("the server in {0} must be an http:// URL, like http://10.77.0.2:8080; this agent speaks no TLS")]
    NotHttp(PathBuf),
}

impl Config {
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read(file).map_err(|error| ConfigError::Unreadable(file.to_owned(), error))?;
        let config: Self =
            serde_json::from_slice(&text).map_err(|error| ConfigError::Nonsense(file.to_owned(), error))?;
        if config.server.starts_with("http://") {
            Ok(config)
        } else {
            Err(ConfigError::NotHttp(file.to_owned()))
        }
    }
}
