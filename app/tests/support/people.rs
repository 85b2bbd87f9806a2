//! Some people, their tokens and what they did, to look at their pages.
#![allow(dead_code, reason = "the preview and the tests use a part of it each")]

use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::people::desk::{AuditLine, AuditQuery, Desk, Help, PersonLine, SessionLine, TokenLine};
use pitstop_domain::Time;
use pitstop_domain::id::{PersonId, SessionId, TokenId};
use pitstop_domain::people::{Grant, Role, Scope};
use pitstop_domain::secret::Secret;
use pitstop_domain::site::Site;
use pitstop_domain::symptom::Symptom;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Some people, to look at their pages.
pub struct SampleDesk;

pub fn id(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub fn at(second: i64) -> Time {
    Time::UNIX_EPOCH + chrono::TimeDelta::seconds(1_790_000_000 + second)
}

#[async_trait]
impl Desk for SampleDesk {
    async fn people(&self) -> Result<Vec<PersonLine>, Failure> {
        let person = |n, name: &str, title: &str, grants: Vec<Grant>| PersonLine {
            id: id(n),
            name: name.to_owned(),
            title: title.to_owned(),
            grants,
            has_joined: n != 3,
            provider: (n == 4).then(|| "https://id.example".to_owned()),
            locked_at: (n == 4).then(|| at(-90_000)),
            seen_at: (n < 3).then(|| at(-60)),
            sessions: u64::from(n < 3),
        };
        let berlin = Grant { role: Role::Operator, scope: Scope::sites(["berlin", "graz"]) };
        let kiosks = Grant { role: Role::HelpDesk, scope: Scope::labels(["kiosk"]) };
        Ok(vec![
            person(1, "ada", "Ada Lovelace", vec![Grant::everywhere(Role::Administrator)]),
            person(2, "ben", "Ben", vec![berlin, kiosks.clone()]),
            person(3, "cleo@example.org", "Cleo", vec![kiosks]),
            person(4, "dora", "Dora", vec![]),
        ])
    }
    async fn places(&self) -> Result<(Vec<String>, Vec<String>), Failure> {
        let words = |all: &[&str]| all.iter().map(|&word| word.to_owned()).collect();
        Ok((words(&["berlin", "graz", "wien"]), words(&["kiosk", "lab"])))
    }
    async fn invite(&self, _: &str, _: &str, _: &[Grant]) -> Result<Secret, Failure> {
        Ok(Secret::new("5f".repeat(32)))
    }
    async fn new_link(&self, _: PersonId) -> Result<Secret, Failure> {
        Ok(Secret::new("5f".repeat(32)))
    }
    async fn change(&self, _: PersonId, _: &str, _: &[Grant]) -> Result<(), Failure> {
        Ok(())
    }
    async fn lock(&self, person: PersonId, _: bool) -> Result<(), Failure> {
        if person == id(1) {
            let why =
                "Nobody would be left who may manage people: make somebody else an administrator first.";
            return Err(Failure::Refused(why.to_owned()));
        }
        Ok(())
    }
    async fn sign_out_everywhere(&self, _: PersonId) -> Result<(), Failure> {
        Ok(())
    }
    async fn sessions(&self) -> Result<Vec<SessionLine>, Failure> {
        let session = |n: i64, browser: &str| SessionLine {
            id: SessionId(Uuid::from_u128(n.unsigned_abs().into())),
            created_at: at(-n * 9000),
            seen_at: at(-n * 60),
            came_from: format!("192.0.2.{n}"),
            browser: browser.to_owned(),
            is_this: n == 1,
        };
        Ok(vec![
            session(1, "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"),
            session(2, "Mozilla/5.0 (iPhone) Safari/605"),
        ])
    }
    async fn end_session(&self, _: SessionId) -> Result<(), Failure> {
        Ok(())
    }
    async fn end_other_sessions(&self) -> Result<(), Failure> {
        Ok(())
    }
    async fn has_password(&self) -> Result<bool, Failure> {
        Ok(true)
    }
    async fn change_password(&self, _: &Secret, _: &Secret) -> Result<(), Failure> {
        Err(Failure::Refused("The password that you have now is another one.".to_owned()))
    }
    async fn tokens(&self) -> Result<Vec<TokenLine>, Failure> {
        Ok(vec![TokenLine {
            id: TokenId(Uuid::from_u128(1)),
            name: "nightly inventory".to_owned(),
            prefix: "pitstop_5f5f5f".to_owned(),
            role: Role::HelpDesk,
            owner: "ada".to_owned(),
            created_at: at(-900_000),
            expires_at: at(6_000_000),
            used: Some((at(-3600), "192.0.2.9".to_owned())),
        }])
    }
    fn interface(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    async fn add_token(&self, _: &str, _: Role, _: u32) -> Result<Secret, Failure> {
        Ok(Secret::new(format!("pitstop_{}", "5f".repeat(32))))
    }
    async fn end_token(&self, _: TokenId) -> Result<(), Failure> {
        Ok(())
    }
    async fn sites(&self) -> Result<Vec<Site>, Failure> {
        Ok(vec![])
    }

    async fn places_taken(&self) -> Result<BTreeMap<String, u32>, Failure> {
        Ok(BTreeMap::new())
    }

    async fn set_sites(&self, _: &[Site], _: &[Site], _: &str) -> Result<(), Failure> {
        Ok(())
    }

    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure> {
        Ok(super::door::symptoms())
    }
    async fn helps(&self) -> Result<Vec<Help>, Failure> {
        let help = |name: &str, title: &str| Help { name: name.to_owned(), title: title.to_owned() };
        Ok(vec![help("memory-test", "Memory test"), help("inventory", "Inventory")])
    }
    async fn set_symptoms(&self, _: &[Symptom], after: &[Symptom], _: &str) -> Result<(), Failure> {
        pitstop_domain::symptom::check_all(after).map_err(Failure::Refused)
    }
    async fn audit(&self, query: &AuditQuery, _: usize) -> Result<(Vec<AuditLine>, bool), Failure> {
        let line = |n: i64, act: &str, what: &str, why_not: Option<&str>| AuditLine {
            id: n,
            at: at(-n * 500),
            who: "ada".to_owned(),
            came_from: "192.0.2.7".to_owned(),
            act: act.to_owned(),
            what: what.to_owned(),
            machine: (act != "sign_in").then(|| "=pc-0007".to_owned()),
            machine_id: (act != "sign_in").then(|| Uuid::from_u128(7).to_string()),
            before: (act == "edit_routes").then(|| serde_json::json!(["agent"])),
            after: (act == "edit_routes").then(|| serde_json::json!(["agent", "person"])),
            why_not: why_not.map(str::to_owned),
        };
        let lines = vec![
            line(1, "repair", "started Memory test", None),
            line(2, "edit_routes", "changed its power routes", None),
            line(
                3,
                "decide",
                "decided about a held job",
                Some("You may not decide about held jobs: your role here is viewer."),
            ),
            line(4, "sign_in", "signed in", None),
        ];
        Ok((lines.into_iter().filter(|line| query.act.is_empty() || line.act == query.act).collect(), false))
    }
    async fn audited_acts(&self) -> Result<Vec<String>, Failure> {
        Ok(["decide", "edit_routes", "repair", "sign_in"].map(str::to_owned).into())
    }
}
