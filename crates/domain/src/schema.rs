//! Shapes, for the description of the interface for programs, of what has many kinds.

use crate::route::Route;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

impl ToSchema for Route {}

impl PartialSchema for Route {
    fn schema() -> RefOr<Schema> {
        let words =
            "A rung of the power ladder: its kind, and the settings of that kind. Secrets are only named.";
        ObjectBuilder::new()
            .description(Some(words))
            .property("kind", ObjectBuilder::new().schema_type(Type::String))
            .required("kind")
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}
