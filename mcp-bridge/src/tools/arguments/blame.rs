//! Which argument does not fit. A parser of tagged choices cannot say where it was when it failed;
//! so the arguments are read again without one part after the other, until the error goes away.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// How deep the search goes: `edits`, one edit, one voxel of it, its colour.
const DEPTH_MAX: usize = 6;
/// Objects with more members are not searched: no argument has as many.
const MEMBERS_MAX: usize = 32;
/// Longer words of an error are cut: they repeat what was sent.
const ERROR_CHARS_MAX: usize = 400;

/// What is to blame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Blame {
    /// Where it is, as `edits[3].color`; empty where the error itself names the argument.
    pub place: String,
    /// The first index in the place.
    pub index: Option<usize>,
    /// What is wrong.
    pub error: String,
}

/// Finds what makes `T` refuse the arguments with this error.
pub(super) fn find<T: DeserializeOwned>(arguments: &Value, error: &str) -> Blame {
    let mut search =
        Search { root: arguments.clone(), pointer: String::new(), error: error.into() };
    let mut blame = Blame { place: String::new(), index: None, error: String::new() };
    for _ in 0..DEPTH_MAX {
        if let Some(index) = search.descend_list::<T>() {
            blame.index = blame.index.or(Some(index));
            blame.place.push_str(&format!("[{index}]"));
        } else if let Some(name) = search.descend_object::<T>() {
            let dot = if blame.place.is_empty() { "" } else { "." };
            blame.place.push_str(&format!("{dot}{name}"));
        } else {
            break;
        }
    }
    blame.error = search.error.chars().take(ERROR_CHARS_MAX).collect();
    blame
}

/// The arguments, thinned out to the part that is suspected.
struct Search {
    root: Value,
    /// Where the suspected part is now.
    pointer: String,
    error: String,
}

impl Search {
    fn refusal<T: DeserializeOwned>(root: &Value) -> Option<String> {
        serde_json::from_value::<T>(root.clone()).err().map(|error| error.to_string())
    }

    /// Goes into the first item of a list that is refused on its own.
    fn descend_list<T: DeserializeOwned>(&mut self) -> Option<usize> {
        let list = self.root.pointer_mut(&self.pointer)?.as_array_mut()?;
        // Places and ranges are told as a whole.
        if !list.iter().any(|item| item.is_object() || item.is_array()) {
            return None;
        }
        let items = std::mem::take(list);
        for (index, item) in items.into_iter().enumerate() {
            if let Some(place) = self.root.pointer_mut(&self.pointer) {
                *place = Value::Array(vec![item]);
            }
            if let Some(error) = Self::refusal::<T>(&self.root) {
                self.error = error;
                self.pointer.push_str("/0");
                return Some(index);
            }
        }
        None
    }

    /// Goes into the member of an object without which the error is another one.
    fn descend_object<T: DeserializeOwned>(&mut self) -> Option<String> {
        let members = self.root.pointer(&self.pointer)?.as_object()?;
        if members.len() > MEMBERS_MAX {
            return None;
        }
        // These name the member that they are about; only which object it is in is not known.
        let named = ["missing field", "unknown field"];
        let is_named = named.iter().any(|start| self.error.starts_with(start));
        let names: Vec<String> = members
            .iter()
            .filter(|(_, member)| !is_named || holds_objects(member))
            .map(|(name, _)| name.clone())
            .collect();
        let culprit = names.into_iter().find(|name| {
            let mut without = self.root.clone();
            let members = without.pointer_mut(&self.pointer).and_then(Value::as_object_mut);
            let taken = members.and_then(|members| members.remove(name));
            let refusal = Self::refusal::<T>(&without);
            match refusal {
                // Without the word that says which choice it is, every other error is hidden.
                Some(error) if error == format!("missing field `{name}`") => {
                    let word = taken.as_ref().and_then(Value::as_str).unwrap_or_default();
                    !is_tag(name) || self.error.contains(&format!("unknown variant `{word}`"))
                }
                Some(error) => error != self.error,
                None => true,
            }
        })?;
        self.pointer.push_str(&format!("/{}", culprit.replace('~', "~0").replace('/', "~1")));
        Some(culprit)
    }
}

fn holds_objects(member: &Value) -> bool {
    member.is_object() || member.get(0).is_some_and(Value::is_object)
}

/// Whether this argument chooses what the others are.
fn is_tag(name: &str) -> bool {
    matches!(name, "action" | "by" | "edit" | "read")
}

#[cfg(test)]
mod tests {
    use goxe_protocol::api::voxel::{EditParams, FindParams};
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::{Value, json};

    use super::find;

    #[derive(Deserialize)]
    #[serde(tag = "by", rename_all = "snake_case")]
    enum Search {
        #[expect(dead_code, reason = "only whether it can be read is looked at")]
        Color(FindParams),
    }

    fn place<T: DeserializeOwned>(arguments: &Value) -> String {
        let error = serde_json::from_value::<T>(arguments.clone()).err().expect("it is refused");
        find::<T>(arguments, &error.to_string()).place
    }

    #[test]
    fn the_edit_and_its_member_are_named() {
        let good = json!({ "edit": "box", "min": [0, 0, 0], "max": [1, 1, 1], "color": "#fff" });
        let check = |bad: Value, expect: &str| {
            let arguments = json!({ "project": "p", "edits": [good, bad] });
            assert_eq!(place::<EditParams>(&arguments), expect, "{bad}");
        };
        let with = |name: &str, value: Value| {
            let mut bad = good.clone();
            bad[name] = value;
            bad
        };
        check(with("color", json!("red")), "edits[1].color");
        check(with("min", json!([0.5, 0, 0])), "edits[1].min");
        check(with("min", json!({ "x": 0 })), "edits[1].min");
        check(with("mode", json!("add")), "edits[1].mode");
        check(with("edit", json!("cube")), "edits[1].edit");
        check(with("nonsense", json!(1)), "edits[1]");
        check(json!({ "edit": "box", "min": [0, 0, 0] }), "edits[1]");
        let voxels =
            json!([{ "at": [0, 0, 0], "color": "#fff" }, { "at": [0, 0], "color": "#fff" }]);
        check(json!({ "edit": "set", "voxels": voxels }), "edits[1].voxels[1].at");
    }

    #[test]
    fn arguments_of_the_call_are_named() {
        assert_eq!(place::<EditParams>(&json!({ "project": "p", "edits": 5 })), "edits");
        let late = json!({ "project": "p", "edits": [], "if_revision": "latest" });
        assert_eq!(place::<EditParams>(&late), "if_revision");
        let search = json!({ "by": "color", "project": "p", "color": "blue" });
        assert_eq!(place::<Search>(&search), "color");
        assert_eq!(place::<Search>(&json!({ "by": "colour", "project": "p" })), "by");
        assert_eq!(place::<EditParams>(&json!([])), "");
    }
}
