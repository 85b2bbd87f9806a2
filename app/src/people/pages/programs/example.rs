//! A body that an operation would take, made from its schema: what must be there, with a value of its kind.

use serde_json::{Map, Value, json};

/// Schemas that name themselves end somewhere.
const DEEPEST: usize = 8;

/// What is sent.
#[derive(Debug, PartialEq)]
pub enum Body {
    Json(Value),
    /// Something else, of this kind.
    Bytes(String),
}

/// The body of an operation, if it takes one.
pub fn of_body(operation: &Value, document: &Value) -> Option<Body> {
    let content = operation["requestBody"]["content"].as_object()?;
    match content.get("application/json") {
        Some(json) => Some(Body::Json(example(&json["schema"], document, 0))),
        None => content.keys().next().cloned().map(Body::Bytes),
    }
}

fn example(schema: &Value, document: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        return example(&document["components"]["schemas"][name], document, depth + 1);
    }
    if let Some(given) = schema.get("example").or_else(|| schema.get("default")) {
        return given.clone();
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    for kinds in ["oneOf", "anyOf"] {
        if let Some(first) =
            schema[kinds].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return example(first, document, depth + 1);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().fold(json!({}), |whole, part| joined(whole, example(part, document, depth + 1)));
    }
    match kind(schema) {
        "string" => json!(word(schema)),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "boolean" => json!(false),
        "array" => json!([example(&schema["items"], document, depth + 1)]),
        "object" => object(schema, document, depth),
        _ => Value::Null,
    }
}

fn object(schema: &Value, document: &Value, depth: usize) -> Value {
    let needed = |name: &String| schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| needed(name));
    Value::Object(
        fields.map(|(name, of)| (name.clone(), example(of, document, depth + 1))).collect::<Map<_, _>>(),
    )
}

fn joined(whole: Value, part: Value) -> Value {
    match (whole, part) {
        (Value::Object(mut whole), Value::Object(part)) => {
            whole.extend(part);
            Value::Object(whole)
        }
        (whole, _) => whole,
    }
}

/// Of `["string", "null"]` the first that says something.
fn kind(schema: &Value) -> &str {
    let kinds = &schema["type"];
    let first =
        kinds.as_array().and_then(|all| all.iter().find_map(|one| one.as_str().filter(|one| *one != "null")));
    kinds.as_str().or(first).unwrap_or(if schema["properties"].is_object() { "object" } else { "" })
}

fn word(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("uuid") => "ID",
        Some("date-time") => "2026-12-01T22:00:00Z",
        Some("date") => "2026-12-01",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_what_must_be_there_and_ends_where_schemas_name_themselves() {
        let document = json!({ "components": { "schemas": {
            "Job": { "type": "object", "required": ["machine", "how"], "properties": {
                "machine": { "type": "string", "format": "uuid" },
                "how": { "$ref": "#/components/schemas/How" },
                "later": { "type": ["integer", "null"] },
            } },
            "How": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["soon"] }] },
            "Self": { "type": "array", "items": { "$ref": "#/components/schemas/Self" } },
        } } });
        let body = |schema: &str| {
            let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
            let operation =
                json!({ "requestBody": { "content": { "application/json": { "schema": schema } } } });
            of_body(&operation, &document)
        };
        assert_eq!(body("Job"), Some(Body::Json(json!({ "machine": "ID", "how": "soon" }))));
        assert!(matches!(body("Self"), Some(Body::Json(Value::Array(_)))));
        let bytes = json!({ "requestBody": { "content": { "text/csv": {} } } });
        assert_eq!(of_body(&bytes, &document), Some(Body::Bytes("text/csv".to_owned())));
        assert_eq!(of_body(&json!({}), &document), None);
    }
}
