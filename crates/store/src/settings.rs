//! What holds for the whole installation and is kept by administrators.

use crate::{Error, Result, Store};
use pitstop_domain::symptom::Symptom;
use sqlx::types::Json;

impl Store {
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
}
