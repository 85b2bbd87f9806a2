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

    /// From now on. What is stable already stays so.
    pub async fn set_catalog_rules(&self, rules: Rules) -> Result<()> {
        let sql = "insert into settings (name, value, changed_at) values ('catalog', $1, $2) \
                   on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at";
        sqlx::query(sql).bind(Json(rules)).bind(self.now()).execute(&self.pool).await?;
        self.image_comes("rules").await
    }

    /// Where a version that comes may stand. What was stable before it was added again stays so.
    pub(crate) async fn channel_for(&self, image: &ImageVersion) -> Result<Channel> {
        let mut connection = self.pool.acquire().await?;
        let tested = Self::seen_to_boot(&mut connection, &image.digest).await?;
        let against = rules(&mut connection).await?.against_stable(image, &tested);
        Ok(if against.is_some() { Channel::Candidate } else { image.standing.channel })
    }
}

pub(crate) async fn rules(connection: &mut PgConnection) -> Result<Rules> {
    let sql = "select value from settings where name = 'catalog'";
    let found: Option<Json<Rules>> = sqlx::query_scalar(sql).fetch_optional(connection).await?;
    Ok(found.map(|json| json.0).unwrap_or_default())
}
