//! No program outside is told of anything.

use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::hooks::desk::{Act, Asked, Did, HookDesk};
use pitstop_domain::Time;
use pitstop_domain::hook::{Delivery, Standing, Written};
use pitstop_domain::secret::Secret;

pub struct SampleHooks;

#[async_trait]
impl HookDesk for SampleHooks {
    async fn all(&self) -> Result<Vec<Standing>, Failure> {
        Ok(vec![])
    }
    async fn one(&self, _: &str) -> Result<Standing, Failure> {
        Err(Failure::not_found("webhook"))
    }
    async fn make(&self, _: &Written) -> Result<(Standing, Secret), Failure> {
        Err(Failure::not_found("webhook"))
    }
    async fn change(&self, _: &str, _: &Written) -> Result<(), Failure> {
        Err(Failure::not_found("webhook"))
    }
    async fn act(&self, _: &str, _: Act) -> Result<Did, Failure> {
        Err(Failure::not_found("webhook"))
    }
    async fn deliveries(&self, _: &str, _: &Asked) -> Result<Vec<Delivery>, Failure> {
        Ok(vec![])
    }
    async fn send_again(&self, _: &str, _: i64) -> Result<(), Failure> {
        Err(Failure::not_found("delivery"))
    }
    fn now(&self) -> Time {
        Time::default()
    }
}
