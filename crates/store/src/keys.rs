//! Tokens are derived, not stored: HMAC-SHA-256 (RFC 2104) under a key that lies outside the database. So a
//! copy of the database opens nothing, and a boot script can be made again with the same token in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use pitstop_domain::id::{CallId, HookId, JobId, MachineId, SourceId};
use sha2::Sha256;

/// The server's secret. Every process of one installation has the same.
#[derive(Clone)]
pub struct Keys {
    secret: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(secret)")
    }
}

impl Keys {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// What the maintenance image shows to act for its job.
    pub fn job_token(&self, job: JobId) -> String {
        self.token(&format!("job:{job}"))
    }

    /// What the own system's agent shows; another generation makes earlier tokens useless.
    pub fn machine_token(&self, machine: MachineId, generation: i32) -> String {
        self.token(&format!("machine:{machine}:{generation}"))
    }

    /// What the link of a call to a person shows. It opens nothing but the answer to that call.
    pub fn person_token(&self, call: CallId) -> String {
        self.token(&format!("person:{call}"))
    }

    pub fn is_person_token(&self, call: CallId, token: &str) -> bool {
        self.matches(&format!("person:{call}"), token)
    }

    pub fn is_job_token(&self, job: JobId, token: &str) -> bool {
        self.matches(&format!("job:{job}"), token)
    }

    pub fn is_machine_token(&self, machine: MachineId, generation: i32, token: &str) -> bool {
        self.matches(&format!("machine:{machine}:{generation}"), token)
    }

    /// What secrets are sealed with ([`crate::secrets`]). Derived, so that it is never the key of anything else.
    pub(crate) fn sealing_key(&self) -> [u8; 32] {
        self.mac("seal:1").finalize().into_bytes().into()
    }

    /// What opens the boot image that is this machine's own system, and enrols that system's agent; of the same
    /// generations as machine tokens.
    pub fn own_token(&self, machine: MachineId, generation: i32) -> String {
        self.token(&format!("own:{machine}:{generation}"))
    }

    pub fn is_own_token(&self, machine: MachineId, generation: i32, token: &str) -> bool {
        self.matches(&format!("own:{machine}:{generation}"), token)
    }

    /// What somebody elsewhere shows, or signs with, who tells of machines; another generation makes the former useless.
    pub fn source_secret(&self, source: SourceId, generation: i32) -> String {
        self.token(&format!("source:{source}:{generation}"))
    }

    pub fn is_source_secret(&self, source: SourceId, generation: i32, secret: &str) -> bool {
        self.matches(&format!("source:{source}:{generation}"), secret)
    }

    /// Did this source sign it? HMAC-SHA-256 over `TIMESTAMP.BODY` with its secret as it was shown, as our own webhooks sign.
    pub fn is_signed_by_source(
        &self,
        source: SourceId,
        generation: i32,
        text: &[&[u8]],
        signature: &[u8],
    ) -> bool {
        let secret = self.source_secret(source, generation);
        let mut block = [0; 64];
        // Sixty-four hexadecimal digits: just a block.
        block[..secret.len()].copy_from_slice(secret.as_bytes());
        let mut mac = Hmac::<Sha256>::new(&block.into());
        text.iter().for_each(|part| mac.update(part));
        mac.verify_slice(signature).is_ok()
    }

    /// What deliveries to a hook are signed with, as the Standard Webhooks specification writes it; another generation has
    /// another one.
    pub fn hook_secret(&self, hook: HookId, generation: i32) -> String {
        let bytes = self.mac(&format!("hook:{hook}:{generation}")).finalize().into_bytes();
        format!("whsec_{}", BASE64.encode(bytes))
    }

    fn token(&self, subject: &str) -> String {
        hex::encode(self.mac(subject).finalize().into_bytes())
    }

    /// Compares in constant time.
    fn matches(&self, subject: &str, token: &str) -> bool {
        hex::decode(token).is_ok_and(|bytes| self.mac(subject).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, subject: &str) -> Hmac<Sha256> {
        // RFC 2104 fills a key that is shorter than the hash's block of 64 bytes with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.secret);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(subject.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_token_opens_its_own_job_and_no_other() {
        let keys = Keys::new([7; 32]);
        let (mine, other) = (JobId(Uuid::from_u128(1)), JobId(Uuid::from_u128(2)));
        let token = keys.job_token(mine);
        assert!(keys.is_job_token(mine, &token));
        assert!(!keys.is_job_token(other, &token));
        assert!(!Keys::new([8; 32]).is_job_token(mine, &token));
        assert!(!keys.is_job_token(mine, "not hexadecimal"));
    }

    #[test]
    fn a_persons_link_opens_its_own_call_and_no_job() {
        let keys = Keys::new([7; 32]);
        let call = CallId(Uuid::from_u128(1));
        let token = keys.person_token(call);
        assert!(keys.is_person_token(call, &token));
        assert!(!keys.is_person_token(CallId(Uuid::from_u128(2)), &token));
        assert!(!keys.is_job_token(JobId(Uuid::from_u128(1)), &token));
    }

    #[test]
    fn a_new_generation_makes_earlier_machine_tokens_useless() {
        let keys = Keys::new([7; 32]);
        let machine = MachineId(Uuid::from_u128(1));
        assert!(!keys.is_machine_token(machine, 2, &keys.machine_token(machine, 1)));
        assert!(!keys.is_own_token(machine, 2, &keys.own_token(machine, 1)));
    }

    #[test]
    fn what_opens_an_own_image_is_no_machine_token_and_opens_no_other_machines() {
        let keys = Keys::new([7; 32]);
        let (mine, other) = (MachineId(Uuid::from_u128(1)), MachineId(Uuid::from_u128(2)));
        let token = keys.own_token(mine, 1);
        assert!(keys.is_own_token(mine, 1, &token));
        assert!(!keys.is_own_token(other, 1, &token) && !keys.is_machine_token(mine, 1, &token));
    }
}
