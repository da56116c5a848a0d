//! Arguments put right: names that are spelt another way, colours that are words, numbers that are
//! texts, what was forgotten. The call is not made; it is shown, and its caller decides.

use goxe_protocol::api::types::Color;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::blame;

/// Mistakes of one call that are mended before it is given up.
const STEPS_MAX: usize = 24;
/// A name that takes more changes is another name.
const CHANGES_MAX: usize = 2;

/// What models write, and what it is called here.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("colour", &["color"]),
    ("rgb", &["color"]),
    ("hex", &["color"]),
    ("centre", &["center"]),
    ("position", &["at", "start", "base", "center"]),
    ("pos", &["at", "start", "base", "center"]),
    ("start", &["from", "min"]),
    ("end", &["to", "max"]),
    ("from", &["min", "start"]),
    ("to", &["max", "end"]),
    ("min", &["from"]),
    ("max", &["to"]),
    ("corner1", &["min", "from"]),
    ("corner2", &["max", "to"]),
    ("r", &["radius"]),
    ("length", &["height", "distance"]),
    ("type", &["edit"]),
    ("op", &["edit"]),
    ("operations", &["edits"]),
    ("ops", &["edits"]),
    ("name", &["project", "layer"]),
    ("new_name", &["to"]),
    ("times", &["count"]),
    ("repeat", &["count", "copy"]),
    ("cube", &["box"]),
    ("cuboid", &["box"]),
    ("fill", &["box", "flood_fill"]),
    ("ball", &["sphere"]),
    ("delete", &["remove", "forget"]),
    ("erase", &["remove"]),
    ("remove", &["delete", "forget"]),
    ("add", &["set", "create"]),
    ("voxel", &["set"]),
    ("duplicate", &["copy"]),
    ("array", &["copy"]),
    ("translate", &["move"]),
    ("recolor", &["replace_color", "paint"]),
    ("recolour", &["replace_color", "paint"]),
    ("new", &["create"]),
    ("undelete", &["restore"]),
    ("recover", &["restore"]),
    ("unhide", &["show"]),
    ("open", &["import", "create"]),
    ("load", &["import"]),
    ("save", &["export", "checkpoint"]),
    ("revert", &["undo", "restore"]),
    ("rollback", &["undo", "restore"]),
];

/// Colours that go by a word.
const COLORS: &[(&str, &str)] = &[
    ("black", "#22242a"),
    ("white", "#f5f2ea"),
    ("gray", "#8a8f98"),
    ("grey", "#8a8f98"),
    ("red", "#c8322f"),
    ("orange", "#e4813c"),
    ("yellow", "#f2c648"),
    ("green", "#4f8a3c"),
    ("cyan", "#4fb8c4"),
    ("blue", "#2f62c8"),
    ("purple", "#7a5bc2"),
    ("pink", "#e07a9c"),
    ("brown", "#7d4f2a"),
];

/// Arguments that say what a call is about: none of these is ever made up.
const TARGETS: [&str; 9] =
    ["project", "layer", "id", "checkpoint", "key", "job", "to", "path", "turntable"];
/// Parts of a material, which go from 0 to 255, and which others write from 0 to 1.
const BYTES: [&str; 4] = ["alpha", "emission", "metallic", "roughness"];

/// The arguments as they may have been meant. `example` is what stands at a place, as a JSON pointer,
/// of a call of this kind that passes; `writes` is whether such a call would change anything.
pub(super) fn repaired<T: DeserializeOwned>(
    arguments: &Value,
    example: &dyn Fn(&str) -> Value,
    writes: &dyn Fn(&Value) -> bool,
) -> Option<Value> {
    let mut mended = arguments.clone();
    for _ in 0..STEPS_MAX {
        let Err(error) = serde_json::from_value::<T>(mended.clone()) else { return Some(mended) };
        let blame = blame::find::<T>(&mended, &error.to_string());
        let pointer = pointer(&blame.place);
        let is_edit = pointer.starts_with("/edits/");
        // An edit can be shown as a dry run; nothing else that is written can be tried.
        let may_guess = is_edit || !writes(&mended);
        let at = mended.pointer_mut(&pointer)?;
        if let Some(byte) =
            BYTES.iter().any(|name| pointer.ends_with(name)).then(|| scaled(at)).flatten()
        {
            *at = byte;
            continue;
        }
        let guessed = mend(at, &blame.error, &example(&pointer))?;
        match guessed {
            Guess::Spelling => {}
            Guess::Value(name) if !is_edit && TARGETS.contains(&name.as_str()) => return None,
            Guess::Value(_) | Guess::Dropped if !may_guess => return None,
            // What was made up is not done before its caller has seen it.
            Guess::Value(_) | Guess::Dropped if is_edit => mended["dry_run"] = json!(true),
            Guess::Value(_) | Guess::Dropped => {}
        }
    }
    None
}

/// A part of a whole, as a byte.
fn scaled(value: &Value) -> Option<Value> {
    let part = value.is_f64().then(|| value.as_f64()).flatten();
    let part = part.filter(|part| (0.0..=1.0).contains(part))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 255, as just checked"
    )]
    let byte = (part * 255.0).round() as u8;
    Some(json!(byte))
}

/// How much of a mended call is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Guess {
    /// The same thing in other words.
    Spelling,
    /// A value that was not there, under this name.
    Value(String),
    /// What was said is not there any more.
    Dropped,
}

/// `edits[3].color` as `/edits/3/color`.
fn pointer(place: &str) -> String {
    let parts = place.split(['.', '[', ']']).filter(|part| !part.is_empty());
    parts.flat_map(|part| ["/", part]).collect()
}

/// Mends one thing; none if nobody knows how.
fn mend(at: &mut Value, error: &str, example: &Value) -> Option<Guess> {
    let mut quoted = error.split('`').skip(1).step_by(2);
    if error.starts_with("missing field") {
        let name = quoted.next()?;
        let value = example.get(name)?.clone();
        at.as_object_mut()?.insert(name.to_owned(), value);
        return Some(Guess::Value(name.to_owned()));
    }
    if error.starts_with("unknown field") {
        let wrong = quoted.next()?;
        let known: Vec<&str> = quoted.collect();
        let members = at.as_object_mut()?;
        let value = members.remove(wrong)?;
        let is_free = |name: &&&str| !members.contains_key(**name);
        let free: Vec<&str> = known.iter().filter(is_free).copied().collect();
        return Some(match meant(wrong, &free) {
            Some(name) => {
                members.insert(name.to_owned(), value);
                Guess::Spelling
            }
            // Under its right name it is there.
            None if meant(wrong, &known).is_some() => Guess::Spelling,
            None => Guess::Dropped,
        });
    }
    if error.starts_with("unknown variant") {
        let wrong = quoted.next()?;
        let name = meant(wrong, &quoted.collect::<Vec<_>>())?;
        let is_wrong = |value: &&mut Value| value.as_str() == Some(wrong);
        let place = match at {
            Value::Object(members) => members.values_mut().find(is_wrong)?,
            other => Some(other).filter(is_wrong)?,
        };
        *place = json!(name);
        return Some(Guess::Spelling);
    }
    *at = converted(at)?;
    Some(Guess::Spelling)
}

/// A colour that is a word or three numbers, a number that is a text or nearly whole.
fn converted(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => {
            let word = text.trim().to_lowercase();
            let color = COLORS.iter().find(|(name, _)| *name == word).map(|(_, hex)| json!(hex));
            let bare = || format!("#{word}").parse::<Color>().ok().map(|color| json!(color));
            let number = || serde_json::from_str::<Value>(&word).ok().filter(Value::is_number);
            color.or_else(bare).or_else(number)
        }
        Value::Number(number) => {
            let whole = number.as_f64().map(f64::round).filter(|whole| whole.abs() < 1e9)?;
            #[expect(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
            let whole = json!(whole as i64);
            (whole != *value).then_some(whole)
        }
        Value::Array(items) => {
            let bytes: Option<Vec<u8>> =
                items.iter().map(|item| u8::try_from(item.as_u64()?).ok()).collect();
            if let Some([r, g, b] | [r, g, b, 255]) = bytes.as_deref() {
                return Some(json!(Color { rgb: [*r, *g, *b] }));
            }
            let whole = |item: &Value| converted(item).unwrap_or_else(|| item.clone());
            let mended: Vec<Value> = items.iter().map(whole).collect();
            (mended != *items).then(|| json!(mended))
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

/// Which of the known names was meant.
fn meant<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let synonyms = SYNONYMS.iter().find(|(word, _)| *word == wrong).map(|(_, names)| *names);
    let synonym = synonyms
        .unwrap_or_default()
        .iter()
        .find_map(|name| known.iter().find(|known| *known == name));
    let near = || {
        // The opposite is no other spelling.
        let known: Vec<&&str> =
            known.iter().filter(|name| wrong.strip_prefix("un") != Some(**name)).collect();
        let distance = |name: &&&&str| changes(&wrong, name);
        known
            .iter()
            .min_by_key(distance)
            .copied()
            .filter(|name| changes(&wrong, name) <= CHANGES_MAX)
    };
    synonym.copied().or_else(|| near().copied())
}

/// How many letters have to be changed, added or taken away.
fn changes(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let best = (diagonal + usize::from(letter != *other)).min(row[column] + 1);
            diagonal = row[column + 1];
            row[column + 1] = best.min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests;
