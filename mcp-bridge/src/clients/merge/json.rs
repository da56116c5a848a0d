//! JSON as editors and clients read it: with comments and trailing commas, and nothing looser.

use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode},
};
use serde_json::{Map, Value};

use super::{Change, MergeError, Merged, no_table, position, same, twice};

pub(super) fn set(text: &str, keys: &[String], entry: &Value) -> Result<Merged, MergeError> {
    let begun = if text.trim().is_empty() { "{}\n" } else { text };
    let (root, mut table) = open(begun)?;
    let Some((name, tables)) = keys.split_last() else { return Err(no_table(keys)) };
    for depth in 1..=tables.len() {
        let path = &keys[..depth];
        only(&table, path)?;
        let key = path.last().map(String::as_str).unwrap_or_default();
        table = table.object_value_or_create(key).ok_or_else(|| no_table(path))?;
    }
    let change = match only(&table, keys)? {
        None => {
            table.append(name, input(entry));
            Change::Added
        }
        Some(property) => {
            let old = value(&property);
            if same(&old, entry) {
                return Ok(Merged { text: text.to_owned(), change: Change::Same });
            }
            property.set_value(input(entry));
            Change::Replaced(old)
        }
    };
    Ok(Merged { text: root.to_string(), change })
}

pub(super) fn remove(text: &str, keys: &[String]) -> Result<Merged, MergeError> {
    let unchanged = || Merged { text: text.to_owned(), change: Change::Absent };
    if text.trim().is_empty() {
        return Ok(unchanged());
    }
    let (root, table) = open(text)?;
    let Some(property) = find(table, keys)? else { return Ok(unchanged()) };
    let old = value(&property);
    property.remove();
    Ok(Merged { text: root.to_string(), change: Change::Removed(old) })
}

pub(super) fn read(text: &str, keys: &[String]) -> Result<Option<Value>, MergeError> {
    let (_, table) = open(text)?;
    Ok(find(table, keys)?.map(|property| value(&property)))
}

/// The outermost table of a file.
fn open(text: &str) -> Result<(CstRootNode, CstObject), MergeError> {
    let options = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: true,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let root = CstRootNode::parse(text, &options).map_err(|error| {
        let (line, column) = position(text, error.range().start);
        MergeError::Broken { line, column, text: error.kind().to_string() }
    })?;
    match (root.value(), root.object_value()) {
        (_, Some(table)) => Ok((root, table)),
        // Comments alone are a file without a value.
        (None, None) => {
            let table = root.object_value_or_set();
            Ok((root, table))
        }
        (Some(_), None) => Err(MergeError::Shape("the file holds no JSON object".to_owned())),
    }
}

/// The member at the end of a path, if its tables are there.
fn find(mut table: CstObject, keys: &[String]) -> Result<Option<CstObjectProp>, MergeError> {
    let mut found = None;
    for depth in 1..=keys.len() {
        let path = &keys[..depth];
        let Some(property) = only(&table, path)? else { return Ok(None) };
        if depth < keys.len() {
            table = property.object_value().ok_or_else(|| no_table(path))?;
        }
        found = Some(property);
    }
    Ok(found)
}

/// The member that the last of these keys names.
fn only(table: &CstObject, path: &[String]) -> Result<Option<CstObjectProp>, MergeError> {
    let name = path.last().map(String::as_str).unwrap_or_default();
    let mut named = table
        .properties()
        .into_iter()
        .filter(|property| property.decoded_name().as_deref() == Some(name));
    match (named.next(), named.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(twice(path)),
    }
}

fn value(property: &CstObjectProp) -> Value {
    property.value().as_ref().and_then(CstNode::to_serde_value).unwrap_or(Value::Null)
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(members) => CstInputValue::Object(members_of(members)),
    }
}

/// What is started comes first, as in the clients' own documentation.
fn members_of(members: &Map<String, Value>) -> Vec<(String, CstInputValue)> {
    let first = ["type", "source", "command", "args"];
    let rank = |name: &str| first.iter().position(|other| *other == name).unwrap_or(first.len());
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by_key(|(name, _)| rank(name));
    sorted.into_iter().map(|(name, value)| (name.clone(), input(value))).collect()
}
