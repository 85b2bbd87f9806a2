//! What the server functions for images need of the backend.

use super::api::ImageRow;
use crate::Failure;
use crate::backend::backend;

pub async fn images() -> Result<Vec<ImageRow>, Failure> {
    backend()?.images().await
}
