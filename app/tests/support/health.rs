//! The health of a fleet of which nothing was measured.

use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::health::desk::{self as health, HealthDesk};
use pitstop_domain::health::Guard;
use pitstop_domain::health::elsewhere::Source;
use pitstop_domain::id::MachineId;
use pitstop_domain::secret::Secret;

pub struct SampleHealth;

#[async_trait]
impl HealthDesk for SampleHealth {
    async fn listeners(&self) -> Result<Vec<health::ListenerLine>, Failure> {
        Ok(vec![])
    }
    async fn make_listener(&self, _: &health::Filled) -> Result<(), Failure> {
        Ok(())
    }
    async fn act_listener(&self, _: &str, _: &str, _: &str) -> Result<Option<String>, Failure> {
        Ok(None)
    }
    async fn sources(&self) -> Result<Vec<health::SourceLine>, Failure> {
        Ok(vec![])
    }
    async fn source(&self, _: &str) -> Result<health::SourcePage, Failure> {
        Err(Failure::not_found("source"))
    }
    async fn make_source(&self, _: &health::Filled) -> Result<(Source, Secret), Failure> {
        Err(Failure::not_found("source"))
    }
    async fn act_source(
        &self,
        _: &str,
        _: &str,
        _: &health::Filled,
    ) -> Result<Option<(Source, Secret)>, Failure> {
        Err(Failure::not_found("source"))
    }
    async fn fleet(&self) -> Result<health::Fleet, Failure> {
        let fleet = health::Fleet {
            counted_at: None,
            today: chrono::NaiveDate::default(),
            days: vec![],
            sites: vec![],
            models: vec![],
            worst: vec![],
            alerts: (0, 0),
            guard: Guard::default(),
        };
        Ok(fleet)
    }
    async fn machine(&self, _: MachineId, _: u32) -> Result<health::MachinePage, Failure> {
        Err(Failure::not_found("machine"))
    }
    async fn inbox(&self, _: bool) -> Result<health::Inbox, Failure> {
        Ok(health::Inbox::default())
    }
    async fn decide(&self, _: &str, _: &str) -> Result<(), Failure> {
        Err(Failure::not_found("alert"))
    }
    async fn answer(&self, _: &str, _: &str) -> Result<(), Failure> {
        Err(Failure::not_found("question"))
    }
    async fn rules(&self) -> Result<health::Rules, Failure> {
        Ok(health::Rules { rules: vec![], guard: Guard::default() })
    }
    async fn offer(&self, _: Option<&str>, filled: health::Filled) -> Result<health::Offer, Failure> {
        Ok(health::Offer { functions: vec![], sources: vec![], heard: vec![], filled, would: None })
    }
    async fn keep(&self, _: &health::Filled) -> Result<(), Failure> {
        Err(Failure::Refused("Give it a name, of 100 letters at most.".to_owned()))
    }
    async fn remove(&self, _: &str) -> Result<(), Failure> {
        Err(Failure::not_found("rule"))
    }
    async fn set_guard(&self, _: &health::Filled) -> Result<(), Failure> {
        Ok(())
    }
    async fn stop(&self, _: Option<&str>) -> Result<(), Failure> {
        Ok(())
    }
}
