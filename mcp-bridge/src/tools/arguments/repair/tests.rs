//! What is put right, and what is left to its caller.

use goxe_protocol::api::{history::StepParams, voxel::EditParams};
use serde_json::{Value, json};

use super::{changes, pointer, repaired};
use crate::tools::Tool;

fn put_right(edit: &Value) -> Option<Value> {
    let arguments = json!({ "project": "p", "edits": [edit] });
    let example = |place: &str| Tool::VoxelsEdit.example_at(&arguments, place);
    repaired::<EditParams>(&arguments, &example, &|_| true)
}

#[track_caller]
fn check(edit: &Value, expect: &Value) {
    assert_eq!(put_right(edit), Some(json!({ "project": "p", "edits": [expect] })));
}

#[test]
fn other_words_for_the_same_are_put_right() {
    let right = json!({ "edit": "box", "min": [0, 0, 0], "max": [3, 3, 3], "color": "#c8322f" });
    let with = |name: &str, value: Value| {
        let mut edit = right.clone();
        edit[name] = value;
        edit
    };
    check(&with("edit", json!("cube")), &right);
    check(&with("color", json!("red")), &right);
    check(&with("color", json!([200, 50, 47])), &right);
    check(&with("color", json!("c8322f")), &right);
    check(&with("max", json!(["3", 3.0, 3])), &right);
    check(&with("colour", json!("#000000")), &right);
    check(&with("mode", json!("overs")), &with("mode", json!("over")));
    let mut spelt = right.clone();
    spelt["colour"] = spelt["color"].take();
    spelt.as_object_mut().expect("an object").remove("color");
    check(&spelt, &right);
}

#[test]
fn what_is_made_up_is_shown_as_a_dry_run() {
    let mended = put_right(&json!({ "edit": "sphere", "centre": [1, 2, 3] })).expect("mended");
    assert_eq!(mended["dry_run"], true);
    assert_eq!(mended["edits"][0]["center"], json!([1, 2, 3]));
    assert!(mended["edits"][0]["radius"].is_number());
}

#[test]
fn what_nobody_understands_is_not_guessed() {
    assert_eq!(put_right(&json!({ "edit": "hyperboloid" })), None);
    assert_eq!(put_right(&json!({ "edit": "sphere", "center": [0, 0, 0], "radius": "big" })), None);
    let none = |_: &str| Value::Null;
    assert_eq!(repaired::<StepParams>(&json!({ "project": {} }), &none, &|_| false), None);
    assert_eq!(repaired::<StepParams>(&json!([]), &none, &|_| false), None);
}

#[test]
fn places_become_pointers_and_words_are_near() {
    assert_eq!(pointer("edits[3].voxels[0].color"), "/edits/3/voxels/0/color");
    assert_eq!(pointer(""), "");
    assert_eq!((changes("colour", "color"), changes("", "ab"), changes("ab", "ab")), (1, 2, 0));
}

#[test]
fn corners_of_a_line_and_of_a_box_stand_for_each_other() {
    let right = json!({ "edit": "box", "min": [0, 0, 0], "max": [3, 3, 3], "color": "#c8322f" });
    let spelt = json!({ "edit": "box", "from": [0, 0, 0], "to": [3, 3, 3], "color": "#c8322f" });
    check(&spelt, &right);
}

#[test]
fn a_part_of_a_material_from_0_to_1_is_scaled() {
    let with = |emission: Value, alpha: Value| {
        let material = json!({ "name": "lamp", "emission": emission, "alpha": alpha });
        json!({ "edit": "set_material", "slot": 2, "material": material })
    };
    check(&with(json!(1.0), json!(0.5)), &with(json!(255), json!(128)));
    check(&with(json!(0.0), json!(7.4)), &with(json!(0), json!(7)));
}

#[test]
fn what_is_dropped_from_an_edit_is_shown_as_a_dry_run() {
    let asked = json!({ "edit": "remove", "at": [[0, 0, 0]], "preview": true });
    let mended = put_right(&asked).expect("mended");
    assert_eq!(mended["dry_run"], true);
    assert_eq!(mended["edits"][0], json!({ "edit": "remove", "at": [[0, 0, 0]] }));
}

#[test]
fn the_opposite_is_no_other_spelling() {
    assert_eq!(super::meant("undelete", &["delete", "create"]), None);
    assert_eq!(super::meant("undelete", &["delete", "restore"]), Some("restore"));
    assert_eq!(super::meant("unhide", &["hide", "show"]), Some("show"));
    assert_eq!(super::meant("hid", &["hide", "show"]), Some("hide"));
}
