//! JSON Schemas of tools, made from the protocol's own types and then made small.
//!
//! A client puts the whole list of tools into its model's context, and many of them resolve no
//! `$ref` and understand no `oneOf`. So a tagged enum becomes one flat object whose tag says which
//! fields each variant takes.

use std::collections::BTreeSet;

use goxe_protocol::api;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// Arrays by the name of their property, and how many items they may have. Together they keep the
/// largest call that fits the schemas below the 16 MiB at which rmcp drops a line unanswered.
const ITEMS_MAX: &[(&str, u64)] =
    &[("edits", EDITS_MAX), ("voxels", VOXELS_MAX), ("at", VOXELS_MAX), ("layers", 256)];
/// Edits that one call may have.
pub const EDITS_MAX: u64 = 200;
/// Voxels, or places, that one edit may list.
pub const VOXELS_MAX: u64 = 1000;
/// Places that one read looks at: `at` of a whole call, not of an edit.
const PLACES_MAX: u64 = 64;

/// What nearly every shape may have: told once, as `..`.
const INK: [&str; 3] = ["color", "material", "mode"];

/// The argument that says what is to be done, where no other one does.
const ACTION: &str = "action";

/// What arguments mean that several tools take.
const NOTES: &[(&str, &str)] = &[("within", "box {max,min}"), ("cursor", "of the page before")];

/// The schema of a tool's arguments. `tag` is the argument that says which variant of an enum the
/// others belong to; `notes` are the few words that an argument needs beside its name. With
/// `only`, the other variants are left out.
pub fn input<T: JsonSchema>(
    tag: Option<&str>,
    notes: &[(&str, &str)],
    only: Option<&[&str]>,
) -> JsonObject {
    let mut root = plain::<T>();
    tidy(&mut root);
    if let Some(only) = only {
        keep(&mut root, tag.unwrap_or(ACTION), only);
    }
    if let Some(tag) = tag {
        root = flatten(&root, tag);
    }
    if let Some(edits) = root.pointer_mut("/properties/edits") {
        let item = edits.get("items").cloned().unwrap_or_default();
        edits["items"] = flatten(&item, "edit");
        edits["items"]["properties"].as_object_mut().into_iter().flatten().for_each(
            |(_, field)| {
                shorten(field);
            },
        );
    }
    cap(&mut root);
    if let Some(at) = root.pointer_mut("/properties/at") {
        at["maxItems"] = json!(PLACES_MAX);
    }
    if let Some(within) = root.pointer_mut("/properties/within") {
        shorten(within);
    }
    for (name, note) in NOTES.iter().chain(notes) {
        if let Some(Value::Object(argument)) = root["properties"].get_mut(*name) {
            argument.insert("description".to_owned(), json!(note));
        }
    }
    object(root)
}

/// The schema of a tool's structured answer: that it is one. The names and kinds of its members
/// would take a fifth of the whole list, and each answer shows them.
pub fn output() -> JsonObject {
    object(json!({ "type": "object" }))
}

/// The names of a type's members.
pub fn names(schema: &Value) -> BTreeSet<String> {
    members(schema).map(|(name, _)| name.clone()).collect()
}

/// Leaves of a choice only what is named: of the variants of an enum, or of the values of the
/// argument `tag`.
fn keep(schema: &mut Value, tag: &str, only: &[&str]) {
    let is_kept = |name: &Value| name.as_str().is_some_and(|name| only.contains(&name));
    if let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        variants.retain(|variant| is_kept(&variant["properties"][tag]["const"]));
    }
    let values = schema.pointer_mut(&format!("/properties/{tag}/enum"));
    if let Some(values) = values.and_then(Value::as_array_mut) {
        values.retain(is_kept);
    }
}

/// The schema of a type, as the protocol writes it.
pub fn plain<T: JsonSchema>() -> Value {
    api::schema::<T>().to_value()
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn members(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn required_names(schema: &Value) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Makes one object of the variants of an enum that is tagged by `tag`.
fn flatten(schema: &Value, tag: &str) -> Value {
    let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else {
        return schema.clone();
    };
    let needed: Vec<Vec<String>> = variants.iter().map(required_names).collect();
    let has = |variant: &Value, name: &str| members(variant).any(|(member, _)| member == name);
    let mut everywhere = needed.first().cloned().unwrap_or_default();
    everywhere.retain(|name| variants.iter().all(|variant| has(variant, name)));
    let mut required = needed.first().cloned().unwrap_or_default();
    required.retain(|name| needed.iter().all(|needed| needed.contains(name)));
    let mut names = Vec::new();
    let mut properties = Map::new();
    for (name, field) in variants.iter().flat_map(members) {
        match properties.get_mut(name) {
            _ if name == tag => names.push(field["const"].clone()),
            None => drop(properties.insert(name.clone(), field.clone())),
            Some(known) => widen(known, field),
        }
    }
    let signatures: Vec<String> = variants
        .iter()
        .zip(&needed)
        .map(|(variant, needed)| signature(variant, tag, needed, &everywhere))
        .collect();
    let mut told = signatures.join(" ");
    if told.contains("..") {
        let ink = INK.map(|name| format!("{name}?")).join(",");
        told.push_str(&format!(" (.. = {ink})"));
    }
    let known = json!({ "type": "string", "enum": names, "description": told });
    properties.insert(tag.to_owned(), known);
    json!({ "type": "object", "properties": properties, "required": required })
}

/// `box{max,min,color?}`: what a variant takes, `?` marking what may be left out. What every
/// variant has and this one needs is not worth its place here, nor what nearly all may have.
fn signature(variant: &Value, tag: &str, needed: &[String], common: &[String]) -> String {
    let name = variant["properties"][tag]["const"].as_str().unwrap_or_default();
    let mut fields: Vec<(bool, &str)> = members(variant)
        .map(|(field, _)| (!needed.contains(field), field.as_str()))
        .filter(|(_, field)| *field != tag)
        .filter(|(optional, field)| *optional || !common.iter().any(|name| name == field))
        .filter(|field| !matches!(field, (true, "layer" | "if_revision")))
        .collect();
    fields.sort_unstable();
    let is_ink = |field: &(bool, &str)| field.0 && INK.contains(&field.1);
    let has_ink = fields.iter().filter(|field| is_ink(field)).count() == INK.len();
    if has_ink {
        fields.retain(|field| !is_ink(field));
    }
    let mut fields: Vec<String> = fields
        .iter()
        .map(|(optional, field)| format!("{field}{}", if *optional { "?" } else { "" }))
        .collect();
    if has_ink {
        fields.push("..".to_owned());
    }
    if fields.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", fields.join(",")) }
}

/// Within an edit an object is told by the names of its members alone.
fn shorten(field: &mut Value) {
    if let Some(choices) = field.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.iter_mut().for_each(shorten);
    }
    if field.get("type") == Some(&json!("object")) {
        let names: Vec<&str> = members(field).map(|(name, _)| name.as_str()).collect();
        *field = json!({ "type": "object", "description": format!("{{{}}}", names.join(",")) });
    }
}

/// Lets a property also be what another variant wants under its name.
fn widen(known: &mut Value, other: &Value) {
    if known == other {
        return;
    }
    match known.get_mut("anyOf").and_then(Value::as_array_mut) {
        Some(choices) if choices.contains(other) => {}
        Some(choices) => choices.push(other.clone()),
        None => *known = json!({ "anyOf": [known.take(), other] }),
    }
}

/// Takes away what a model does not need: titles, descriptions, defaults, formats, patterns and
/// bounds of numbers, `null` beside a kind. What is wrong is refused by name anyway.
fn tidy(node: &mut Value) {
    let Value::Object(map) = node else { return };
    for key in ["title", "description", "format", "default", "pattern", "minimum", "maximum"] {
        map.remove(key);
    }
    map.remove("additionalProperties");
    if let Some(Value::Array(kinds)) = map.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            map.insert("type".to_owned(), kind);
        }
    }
    for (key, child) in map.iter_mut() {
        match (key.as_str(), child) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(tidy),
            ("items", child) => tidy(child),
            ("anyOf" | "oneOf", Value::Array(choices)) => choices.iter_mut().for_each(tidy),
            _ => {}
        }
    }
    unwrap_choice(map);
    // A place is three numbers, a box two places: every example shows it.
    if map.get("items").is_some_and(is_number) {
        map.remove("minItems");
        map.remove("maxItems");
    }
    if map.get("required") == Some(&json!(["min", "max"])) {
        map.remove("required");
    }
}

/// `anyOf: [X, null]` is X; a choice of constants is an `enum`.
fn unwrap_choice(map: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&json!("null")));
        // A word beside any text is a text.
        if choices.contains(&json!({ "type": "string" })) {
            choices.retain(|choice| choice.get("enum").is_none());
        }
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            map.remove("anyOf");
            map.extend(only);
        }
    }
    let constants: Option<Vec<Value>> = map
        .get("oneOf")
        .and_then(Value::as_array)
        .and_then(|choices| choices.iter().map(|choice| choice.get("const").cloned()).collect());
    if let Some(constants) = constants {
        map.remove("oneOf");
        map.insert("type".to_owned(), json!("string"));
        map.insert("enum".to_owned(), Value::Array(constants));
    }
}

/// Bounds every array that has no bound of its own.
fn cap(node: &mut Value) {
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            let max = ITEMS_MAX.iter().find(|(array, _)| array == name).map(|(_, max)| *max);
            bound(property, max);
            cap(property);
        }
    }
    if let Some(items) = node.get_mut("items") {
        cap(items);
    }
}

fn is_number(items: &Value) -> bool {
    ["integer", "number"].iter().any(|kind| *items == json!({ "type": kind }))
}

/// Whether an array is a place.
fn is_place(property: &Value) -> bool {
    property.get("items").is_some_and(is_number)
}

fn bound(property: &mut Value, max: Option<u64>) {
    if let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.iter_mut().for_each(|choice| bound(choice, max));
    }
    if property.get("type") == Some(&json!("array")) && !is_place(property) {
        let max = max.expect("every array of an argument has its bound in ITEMS_MAX");
        property["maxItems"] = json!(max);
    }
}

#[cfg(test)]
mod tests;
