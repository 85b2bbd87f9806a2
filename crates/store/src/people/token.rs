//! What a browser or a program holds: 256 random bits, of which only the digest is stored.

use pitstop_domain::secret::Secret;
use sha2::{Digest, Sha256};

/// Begins what programs hold, so that scanners for lost secrets know it.
pub const PREFIX: &str = "pitstop_";

/// A new token, for a cookie or a link.
pub fn new() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 32]>()))
}

/// A new token for a program.
pub fn for_program() -> Secret {
    Secret::new(format!("{PREFIX}{}", new().expose()))
}

/// What is stored of it. A plain hash will do: nobody finds 256 random bits by trying.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The first letters of a token of a program, by which people tell it from others.
pub fn shown(token: &Secret) -> String {
    token.expose().chars().take(PREFIX.len() + 6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_shows_little() {
        let token = for_program();
        assert_eq!(token.expose().len(), PREFIX.len() + 64);
        assert_eq!(shown(&token).len(), PREFIX.len() + 6);
        assert_eq!(format!("{token:?}"), "(secret)");
        assert_ne!(new(), new());
    }
}
