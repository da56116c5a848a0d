//! The effective configuration and the origin of every value, as TOML and as JSON.

use serde_json::{Map, Value};

use crate::load::Loaded;
use crate::origin::Shown;

impl Loaded {
    /// A TOML file with all values, each with its origin in a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut current = "";
        for (section, key, shown) in self.split() {
            if section != current {
                let gap = if current.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{section}]\n"));
                current = section;
            }
            text.push_str(&format!("{key} = {} # {}\n", toml_value(&shown.value), shown.origin));
        }
        text
    }

    /// `{section: {key: value}}`. The origins are in [`Loaded::shown`], which serialises too.
    pub fn to_json(&self) -> Value {
        let mut sections = Map::new();
        for (section, key, shown) in self.split() {
            let keys = sections.entry(section).or_insert_with(|| Value::Object(Map::new()));
            keys[key] = shown.value.clone();
        }
        Value::Object(sections)
    }

    fn split(&self) -> impl Iterator<Item = (&str, &str, &Shown)> {
        self.shown.iter().filter_map(|shown| {
            let (section, key) = shown.key.split_once('.')?;
            Some((section, key, shown))
        })
    }
}

/// Booleans and numbers are written alike in both languages; texts have their own escapes.
fn toml_value(value: &Value) -> String {
    match value {
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        _ => value.to_string(),
    }
}
