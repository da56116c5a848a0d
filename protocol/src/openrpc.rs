//! The OpenRPC 1.3 document of every method, made from the catalogue: what `system.describe` answers.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::event::{EventNote, ProgressNote};
use crate::api::{self, CATALOGUE, MethodInfo};
use crate::error::CODES;
use crate::reference::fields;

/// The document, in the order in which people read it.
#[derive(Debug, Serialize)]
pub struct Document {
    openrpc: &'static str,
    info: Info,
    methods: Vec<MethodDocument>,
    components: Components,
    /// What the server says by itself, which OpenRPC has no place for.
    #[serde(rename = "x-notifications")]
    notifications: Vec<NotificationDocument>,
}

#[derive(Debug, Serialize)]
struct Info {
    title: &'static str,
    description: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct MethodDocument {
    name: &'static str,
    summary: String,
    description: String,
    tags: [Value; 1],
    #[serde(rename = "paramStructure")]
    param_structure: &'static str,
    params: Vec<Content>,
    result: Content,
    #[serde(rename = "x-role")]
    role: &'static str,
    #[serde(rename = "x-cost")]
    cost: &'static str,
    #[serde(rename = "x-writes")]
    writes: bool,
    #[serde(rename = "x-attachment")]
    attachment: &'static str,
}

/// OpenRPC's content descriptor.
#[derive(Debug, Serialize)]
struct Content {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    required: bool,
    schema: Value,
}

#[derive(Debug, Serialize)]
struct Components {
    errors: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct NotificationDocument {
    name: &'static str,
    summary: &'static str,
    params: Value,
}

/// Makes the document.
#[must_use]
pub fn document() -> Document {
    Document {
        openrpc: "1.3.2",
        info: Info {
            title: "goxe",
            description: "JSON-RPC 2.0 in GOXE frames or lines; PROTOCOL.md describes the framing.",
            version: env!("CARGO_PKG_VERSION"),
        },
        methods: CATALOGUE.iter().map(method_document).collect(),
        components: Components { errors: errors() },
        notifications: vec![
            NotificationDocument {
                name: "event",
                summary: "Something that a subscription is about happened.",
                params: api::schema::<EventNote>().to_value(),
            },
            NotificationDocument {
                name: "progress",
                summary: "How far a call is whose `meta.progress` asked for it.",
                params: api::schema::<ProgressNote>().to_value(),
            },
        ],
    }
}

fn method_document(method: &MethodInfo) -> MethodDocument {
    let doc = method.doc.trim();
    let summary = doc.split_once(". ").map_or(doc, |(first, _)| first);
    let params = (method.params)().to_value();
    let params = fields(&params).into_iter().map(|field| Content {
        name: field.name.to_owned(),
        description: field.doc.to_owned(),
        required: field.required,
        schema: field.schema.clone(),
    });
    MethodDocument {
        name: method.name,
        summary: summary.trim_end_matches('.').to_owned(),
        description: doc.to_owned(),
        tags: [json!({"name": method.noun()})],
        param_structure: "by-name",
        params: params.collect(),
        result: Content {
            name: "reply".to_owned(),
            description: String::new(),
            required: true,
            schema: (method.reply)().to_value(),
        },
        role: method.role.name(),
        cost: method.cost.name(),
        writes: method.writes,
        attachment: method.attachment.name(),
    }
}

/// The table of errors by name, in OpenRPC's form.
fn errors() -> Map<String, Value> {
    let rows = CODES.iter().map(|row| {
        let data = json!({"kind": row.name, "hint": row.hint, "retry": row.retry});
        (row.name.to_owned(), json!({"code": row.number, "message": row.meaning, "data": data}))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_method_and_every_error() {
        let document = serde_json::to_value(document()).unwrap();
        assert_eq!(document["openrpc"], "1.3.2");
        let methods = document["methods"].as_array().unwrap();
        assert_eq!(methods.len(), CATALOGUE.len());
        for (method, info) in methods.iter().zip(CATALOGUE) {
            assert_eq!(method["name"], info.name);
            assert_eq!(method["x-role"], info.role.name());
            assert!(!method["summary"].as_str().unwrap().ends_with('.'));
            let params = method["params"].as_array().unwrap();
            let required: Vec<_> =
                params.iter().map(|param| param["required"].as_bool().unwrap()).collect();
            assert!(required.is_sorted_by(|a, b| a >= b), "{}: required ones first", info.name);
        }
        assert_eq!(document["components"]["errors"].as_object().unwrap().len(), CODES.len());
        assert_eq!(document["components"]["errors"]["conflict"]["code"], 1011);
        assert_eq!(document["x-notifications"][0]["params"]["type"], "object");
    }

    #[test]
    fn params_are_described_one_by_one() {
        let document = serde_json::to_value(document()).unwrap();
        let mut methods = document["methods"].as_array().unwrap().iter();
        let cancel = methods.find(|method| method["name"] == "system.cancel").unwrap();
        let names: Vec<_> = cancel["params"].as_array().unwrap().iter().collect();
        assert_eq!((&names[0]["name"], &names[0]["required"]), (&json!("id"), &json!(true)));
        assert_eq!((&names[1]["name"], &names[1]["required"]), (&json!("session"), &json!(false)));
        assert!(names[1]["description"].as_str().unwrap().contains("this one when absent"));
    }
}
