//! Passwords: argon2id (RFC 9106), with the parameters that OWASP recommends: 19 MiB, two passes, one lane.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use pitstop_domain::secret::Secret;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Hashes at the same time: each takes 19 MiB and a core for some tens of milliseconds, and whoever floods the form
/// must not take all of either.
const AT_ONCE: usize = 2;

static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// Of no password at all. Names that there are not take as long as those that there are.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let random = rand::random::<[u8; 32]>();
    Argon2::default().hash_password(&random).map(|hash| hash.to_string()).unwrap_or_default()
});

/// The hash that is stored.
///
/// # Errors
/// When the system gives no randomness, or no memory.
pub async fn hash(password: &Secret) -> anyhow::Result<String> {
    let password = password.clone();
    in_turn(move || {
        let hashed = Argon2::default().hash_password(password.expose().as_bytes());
        hashed
            .map(|hash| hash.to_string())
            .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))
    })
    .await?
}

/// Is this the password? `None`: whoever it is has none, which takes as long to find out.
pub async fn is(password: &Secret, stored: Option<String>) -> anyhow::Result<bool> {
    let password = password.clone();
    in_turn(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODYS.clone());
        let right = PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok());
        right && known
    })
    .await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let _turn = ROOM.acquire().await?;
    Ok(tokio::task::spawn_blocking(work).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_nothing_opens_none() {
        let (right, wrong) = (Secret::new("correct horse battery"), Secret::new("correct horse batteri"));
        let stored = hash(&right).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash(&right).await.unwrap(), "salted");
        assert!(is(&right, Some(stored.clone())).await.unwrap());
        assert!(!is(&wrong, Some(stored)).await.unwrap());
        assert!(!is(&right, None).await.unwrap());
    }
}
