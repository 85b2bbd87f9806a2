//! What holds for the whole installation and is kept by administrators.

use crate::{Error, Result, Store};
use pitstop_domain::site::Site;
use pitstop_domain::symptom::Symptom;
use sqlx::types::Json;

impl Store {
    /// Tells this installation, which is its database, from every other. Made when it is first asked for.
    pub async fn installation(&self) -> Result<uuid::Uuid> {
        let sql = "insert into settings (name, value, changed_at) values ('installation', $1, $2) on conflict do nothing";
        let new = Json(uuid::Uuid::now_v7());
        sqlx::query(sql).bind(new).bind(self.now()).execute(&self.pool).await?;
        let sql = "select value from settings where name = 'installation'";
        Ok(sqlx::query_scalar::<_, Json<uuid::Uuid>>(sql).fetch_one(&self.pool).await?.0)
    }

    /// What somebody on the phone may say, in its order on the screen.
    pub async fn symptoms(&self) -> Result<Vec<Symptom>> {
        let sql = "select value from settings where name = 'symptoms'";
        let found: Option<Json<Vec<Symptom>>> = sqlx::query_scalar(sql).fetch_optional(&self.pool).await?;
        Ok(found.map(|json| json.0).unwrap_or_default())
    }

    /// Puts another list in place of the one that was seen.
    ///
    /// # Errors
    /// [`Error::Refused`] when somebody changed it meanwhile.
    pub async fn set_symptoms(&self, before: &[Symptom], after: &[Symptom]) -> Result<()> {
        let sql = "update settings set value = $2, changed_at = $3 where name = 'symptoms' and value = $1";
        // Compared as it was written: fields that later versions leave out would make it another.
        let query = sqlx::query(sql).bind(Json(before)).bind(Json(after)).bind(self.now());
        match query.execute(&self.pool).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Refused(
                "somebody changed the symptoms meanwhile: look at them again, and then change yours"
                    .to_owned(),
            )),
        }
    }

    /// What is known of sites, by name.
    pub async fn sites(&self) -> Result<Vec<Site>> {
        let sql = "select value from settings where name = 'sites'";
        let found: Option<Json<Vec<Site>>> = sqlx::query_scalar(sql).fetch_optional(&self.pool).await?;
        Ok(found.map(|json| json.0).unwrap_or_default())
    }

    /// What is known of one.
    pub async fn site(&self, name: &str) -> Result<Option<Site>> {
        Ok(self.sites().await?.into_iter().find(|site| site.name == name))
    }

    /// Puts another list in place of the one that was seen.
    ///
    /// # Errors
    /// [`Error::Refused`] when somebody changed it meanwhile.
    pub async fn set_sites(&self, before: &[Site], after: &[Site]) -> Result<()> {
        let sql = "insert into settings (name, value, changed_at) values ('sites', $2, $3) \
                   on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at \
                   where settings.value = $1";
        let query = sqlx::query(sql).bind(Json(before)).bind(Json(after)).bind(self.now());
        match query.execute(&self.pool).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::Refused(
                "somebody changed the sites meanwhile: look at them again, and then change yours".to_owned(),
            )),
        }
    }
}
