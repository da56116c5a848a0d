//! TOML, changed in place.

use serde_json::{Map, Number, Value};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::{Change, MergeError, Merged, no_table, position, same};

pub(super) fn set(text: &str, keys: &[String], entry: &Value) -> Result<Merged, MergeError> {
    let mut document = open(text)?;
    let Some((name, tables)) = keys.split_last() else { return Err(no_table(keys)) };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let mut is_inline = false;
    for depth in 1..=tables.len() {
        let path = &keys[..depth];
        let key = path.last().map(String::as_str).unwrap_or_default();
        if table.get(key).is_none() {
            // Its own line would say nothing: the name of the entry's table holds it.
            let mut fresh = Table::new();
            fresh.set_implicit(true);
            table.insert(key, Item::Table(fresh));
        }
        let item = table.get_mut(key).ok_or_else(|| no_table(path))?;
        is_inline = item.is_inline_table();
        table = item.as_table_like_mut().ok_or_else(|| no_table(path))?;
    }
    let old = table.get(name).map(value);
    let change = match old {
        Some(old) if same(&old, entry) => {
            return Ok(Merged { text: text.to_owned(), change: Change::Same });
        }
        Some(old) => Change::Replaced(old),
        None => Change::Added,
    };
    match table.get_mut(name) {
        // What stands above the table stays above it.
        Some(Item::Table(there)) => {
            there.clear();
            fill(there, entry);
        }
        _ if is_inline => {
            table.insert(name, Item::Value(inline(entry)));
        }
        _ => {
            let mut fresh = Table::new();
            fill(&mut fresh, entry);
            table.insert(name, Item::Table(fresh));
        }
    }
    Ok(Merged { text: with_own_line_ends(text, document.to_string()), change })
}

pub(super) fn remove(text: &str, keys: &[String]) -> Result<Merged, MergeError> {
    let mut document = open(text)?;
    let unchanged = || Merged { text: text.to_owned(), change: Change::Absent };
    let Some((name, tables)) = keys.split_last() else { return Err(no_table(keys)) };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for depth in 1..=tables.len() {
        let path = &keys[..depth];
        let key = path.last().map(String::as_str).unwrap_or_default();
        let Some(item) = table.get_mut(key) else { return Ok(unchanged()) };
        table = item.as_table_like_mut().ok_or_else(|| no_table(path))?;
    }
    match table.remove(name) {
        None => Ok(unchanged()),
        Some(old) => {
            let text = with_own_line_ends(text, document.to_string());
            Ok(Merged { text, change: Change::Removed(value(&old)) })
        }
    }
}

pub(super) fn read(text: &str, keys: &[String]) -> Result<Option<Value>, MergeError> {
    let document = open(text)?;
    let mut item = document.as_item();
    for depth in 1..=keys.len() {
        let path = &keys[..depth];
        let table = item.as_table_like().ok_or_else(|| no_table(&path[..depth - 1]))?;
        let key = path.last().map(String::as_str).unwrap_or_default();
        let Some(inner) = table.get(key) else { return Ok(None) };
        item = inner;
    }
    Ok(Some(value(item)))
}

fn open(text: &str) -> Result<DocumentMut, MergeError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let offset = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, offset);
        let what = error.message().lines().collect::<Vec<_>>().join("; ");
        MergeError::Broken { line, column, text: what }
    })
}

/// The document's writer knows one kind of line end; a file that has the other keeps it.
fn with_own_line_ends(before: &str, after: String) -> String {
    let lines = before.matches('\n').count();
    if lines > 0 && before.matches("\r\n").count() == lines {
        return after.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    after
}

/// Writes an entry's members: plain ones first, then those that are tables, as TOML wants them.
fn fill(table: &mut Table, entry: &Value) {
    let Value::Object(members) = entry else { return };
    // What is started comes first.
    let mut plain: Vec<_> = members.iter().filter(|(_, member)| !member.is_object()).collect();
    plain.sort_by_key(|(name, _)| name.as_str() != "command");
    for (name, member) in plain {
        table.insert(name, Item::Value(inline(member)));
    }
    for (name, member) in members {
        if member.as_object().is_some_and(|inner| !inner.is_empty()) {
            let mut inner = Table::new();
            fill(&mut inner, member);
            table.insert(name, Item::Table(inner));
        }
    }
}

fn inline(value: &Value) -> toml_edit::Value {
    match value {
        // TOML has no null, and no entry has one.
        Value::Null => "".into(),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(inline).collect::<Array>().into(),
        Value::Object(members) => {
            let table: InlineTable =
                members.iter().map(|(name, value)| (name.as_str(), inline(value))).collect();
            table.into()
        }
    }
}

/// What an item says.
fn value(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(inner) => plain(inner),
        Item::Table(table) => members(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| members(table)).collect(),
    }
}

fn members(table: &dyn TableLike) -> Value {
    let members: Map<String, Value> =
        table.iter().map(|(name, item)| (name.to_owned(), value(item))).collect();
    Value::Object(members)
}

fn plain(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => {
            Number::from_f64(*number.value()).map_or(Value::Null, Value::Number)
        }
        toml_edit::Value::Boolean(flag) => Value::from(*flag.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(values) => values.iter().map(plain).collect(),
        toml_edit::Value::InlineTable(table) => members(table),
    }
}
