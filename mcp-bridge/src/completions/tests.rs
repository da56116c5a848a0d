//! What fits to what was typed.

use super::*;

fn check(values: &[&str], typed: &str, expect: &[&str]) {
    let info = ranked(values.iter().map(|value| (*value).to_owned()).collect(), typed);
    assert_eq!(info.values, expect, "{typed}");
    assert_eq!(info.total, Some(u32::try_from(expect.len()).expect("few")));
    assert_eq!(info.has_more, Some(false));
}

#[test]
fn what_begins_as_it_was_typed_comes_first() {
    let values = ["Castle", "castle", "my castle", "tower"];
    check(&values, "ca", &["castle", "Castle", "my castle"]);
    check(&values, "", &values);
    check(&values, "x", &[]);
}

#[test]
fn at_most_a_hundred_values_are_shown_and_the_rest_counted() {
    let values: Vec<String> = (0..150).map(|index| format!("p{index:03}")).collect();
    let info = ranked(values, "p");
    assert_eq!((info.values.len(), info.total, info.has_more), (100, Some(150), Some(true)));
}

#[test]
fn the_views_are_those_of_the_tool() {
    let views = views();
    for view in ["front", "back", "left", "right", "top", "bottom", "isometric"] {
        assert!(views.iter().any(|it| it == view), "{view}: {views:?}");
    }
}
