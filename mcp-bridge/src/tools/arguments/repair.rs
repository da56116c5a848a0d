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
    ("corner1", &["min", "from"]),
    ("corner2", &["max", "to"]),
    ("r", &["radius"]),
    ("length", &["height", "distance"]),
    ("type", &["edit"]),
    ("op", &["edit"]),
    ("operations", &["edits"]),
    ("ops", &["edits"]),
    ("name", &["project", "layer"]),
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

/// The arguments as they may have been meant. `example` is what stands at a place, as a JSON pointer,
/// of a call of this kind that passes.
pub(super) fn repaired<T: DeserializeOwned>(
    arguments: &Value,
    example: &dyn Fn(&str) -> Value,
) -> Option<Value> {
    let mut mended = arguments.clone();
    for _ in 0..STEPS_MAX {
        let Err(error) = serde_json::from_value::<T>(mended.clone()) else { return Some(mended) };
        let blame = blame::find::<T>(&mended, &error.to_string());
        let pointer = pointer(&blame.place);
        let guessed = mend(mended.pointer_mut(&pointer)?, &blame.error, &example(&pointer))?;
        // What was made up is not done before its caller has seen it.
        if guessed == Guess::Value && pointer.starts_with("/edits") {
            mended["dry_run"] = json!(true);
        }
    }
    None
}

/// How much of a mended call is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guess {
    /// The same thing in other words.
    Spelling,
    /// A value that was not there.
    Value,
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
        return Some(Guess::Value);
    }
    if error.starts_with("unknown field") {
        let wrong = quoted.next()?;
        let known: Vec<&str> = quoted.collect();
        let members = at.as_object_mut()?;
        let value = members.remove(wrong)?;
        let free = known.into_iter().filter(|name| !members.contains_key(*name));
        if let Some(name) = meant(wrong, &free.collect::<Vec<_>>()) {
            members.insert(name.to_owned(), value);
        }
        return Some(Guess::Spelling);
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
        let distance = |name: &&&str| changes(&wrong, name);
        known.iter().min_by_key(distance).filter(|name| changes(&wrong, name) <= CHANGES_MAX)
    };
    synonym.or_else(near).copied()
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
mod tests {
    use goxe_protocol::api::{history::StepParams, voxel::EditParams};
    use serde_json::{Value, json};

    use super::{changes, pointer, repaired};
    use crate::tools::Tool;

    fn put_right(edit: Value) -> Option<Value> {
        let arguments = json!({ "project": "p", "edits": [edit] });
        let example = |place: &str| Tool::VoxelsEdit.example_at(&arguments, place);
        repaired::<EditParams>(&arguments, &example)
    }

    #[track_caller]
    fn check(edit: Value, expect: Value) {
        assert_eq!(put_right(edit), Some(json!({ "project": "p", "edits": [expect] })));
    }

    #[test]
    fn other_words_for_the_same_are_put_right() {
        let right =
            json!({ "edit": "box", "min": [0, 0, 0], "max": [3, 3, 3], "color": "#c8322f" });
        let with = |name: &str, value: Value| {
            let mut edit = right.clone();
            edit[name] = value;
            edit
        };
        check(with("edit", json!("cube")), right.clone());
        check(with("color", json!("red")), right.clone());
        check(with("color", json!([200, 50, 47])), right.clone());
        check(with("color", json!("c8322f")), right.clone());
        check(with("max", json!(["3", 3.0, 3])), right.clone());
        check(with("colour", json!("#000000")), right.clone());
        check(with("mode", json!("overs")), with("mode", json!("over")));
        let mut spelt = right.clone();
        spelt["colour"] = spelt["color"].take();
        spelt.as_object_mut().expect("an object").remove("color");
        check(spelt, right);
    }

    #[test]
    fn what_is_made_up_is_shown_as_a_dry_run() {
        let mended = put_right(json!({ "edit": "sphere", "centre": [1, 2, 3] })).expect("mended");
        assert_eq!(mended["dry_run"], true);
        assert_eq!(mended["edits"][0]["center"], json!([1, 2, 3]));
        assert!(mended["edits"][0]["radius"].is_number());
    }

    #[test]
    fn what_nobody_understands_is_not_guessed() {
        assert_eq!(put_right(json!({ "edit": "hyperboloid" })), None);
        assert_eq!(
            put_right(json!({ "edit": "sphere", "center": [0, 0, 0], "radius": "big" })),
            None
        );
        let none = |_: &str| Value::Null;
        assert_eq!(repaired::<StepParams>(&json!({ "project": {} }), &none), None);
        assert_eq!(repaired::<StepParams>(&json!([]), &none), None);
    }

    #[test]
    fn places_become_pointers_and_words_are_near() {
        assert_eq!(pointer("edits[3].voxels[0].color"), "/edits/3/voxels/0/color");
        assert_eq!(pointer(""), "");
        assert_eq!((changes("colour", "color"), changes("", "ab"), changes("ab", "ab")), (1, 2, 0));
    }
}
