//! What the catalog demands of versions of images.

use crate::{Result, Store};
use pitstop_domain::catalog::Rules;
use pitstop_domain::image::{Channel, ImageVersion};
use sqlx::PgConnection;
use sqlx::types::Json;

impl Store {
    /// What the catalog demands of versions.
    pub async fn catalog_rules(&self) -> Result<Rules> {
        rules(&mut *self.pool.acquire().await?).await
    }

    /// From now on only what a test boot saw boot becomes stable, or again anything. What is stable already stays so.
    pub async fn demand_tests(&self, demanded: bool) -> Result<()> {
        self.demand("stable_tested", demanded).await
    }

    /// From now on machines get only what a trusted key has signed, or again anything. Jobs under way go on.
    pub async fn demand_signatures(&self, demanded: bool) -> Result<()> {
        self.demand("signed", demanded).await
    }

    /// One thing at a time: two people who change two of them do not take back each other's.
    async fn demand(&self, what: &str, demanded: bool) -> Result<()> {
        let sql = "insert into settings (name, value, changed_at) values ('catalog', jsonb_build_object($1::text, $2::boolean), $3) \
                   on conflict (name) do update set value = settings.value || excluded.value, changed_at = excluded.changed_at";
        sqlx::query(sql).bind(what).bind(demanded).bind(self.now()).execute(&self.pool).await?;
        self.image_comes("rules").await
    }

    /// Where a version that comes may stand. What was stable before it was added again stays so.
    pub(crate) async fn channel_for(&self, image: &ImageVersion) -> Result<Channel> {
        let mut connection = self.pool.acquire().await?;
        let tested = Self::seen_to_boot(&mut connection, &image.digest).await?;
        let rules = rules(&mut connection).await?;
        drop(connection);
        // Signatures come with it, or stand in the catalog since it was here before.
        let comes_signed = !image.standing.trust.signatures.is_empty();
        let known = if comes_signed { None } else { self.image(&image.digest).await? };
        let against = rules.against_stable(known.as_ref().unwrap_or(image), &tested);
        Ok(if against.is_some() { Channel::Candidate } else { image.standing.channel })
    }
}

pub(crate) async fn rules(connection: &mut PgConnection) -> Result<Rules> {
    let sql = "select value from settings where name = 'catalog'";
    let found: Option<Json<Rules>> = sqlx::query_scalar(sql).fetch_optional(connection).await?;
    Ok(found.map(|json| json.0).unwrap_or_default())
}
