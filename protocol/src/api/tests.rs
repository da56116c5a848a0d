//! What holds for every method of the catalogue.

use std::collections::BTreeSet;

use super::*;

#[test]
fn names_are_noun_verb_and_unique() {
    let mut seen = BTreeSet::new();
    for method in CATALOGUE {
        let (noun, verb) = method.name.split_once('.').expect("noun.verb");
        for part in [noun, verb] {
            assert!(
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{}",
                method.name
            );
        }
        assert!(seen.insert(method.name), "{} is listed twice", method.name);
        assert_eq!(find(method.name).map(|found| found.name), Some(method.name));
    }
    assert!(find("system.nothing").is_none());
}

#[test]
fn every_method_says_what_it_does() {
    for method in CATALOGUE {
        let doc = method.doc.trim();
        assert!(doc.len() > 12 && doc.ends_with('.'), "{}: {doc:?}", method.name);
    }
}

#[test]
fn only_the_edit_cost_and_imports_write_projects() {
    for method in CATALOGUE {
        if method.cost == Cost::Edit {
            assert!(method.writes, "{} runs on a strand but does not write", method.name);
            assert!(method.role >= Role::Edit, "{} writes for readers", method.name);
        }
        if method.cost == Cost::Inline {
            assert!(!method.writes, "{} writes on the loop", method.name);
        }
    }
}

#[test]
fn schemas_have_no_references_and_params_are_objects() {
    for method in CATALOGUE {
        for schema in [(method.params)(), (method.reply)()] {
            let text = serde_json::to_string(&schema).expect("a schema is JSON");
            assert!(!text.contains("$ref"), "{}: {text}", method.name);
        }
        if method.name != "system.echo" {
            let schema = (method.params)();
            let kind = schema.get("type").and_then(|kind| kind.as_str());
            assert_eq!(kind, Some("object"), "{}", method.name);
        }
    }
}

#[test]
fn many_pictures_of_a_turntable_are_small_enough_together() {
    let side = render::TurntableParams::side_of;
    assert_eq!([side(2), side(36), side(104)], [400; 3]);
    assert_eq!(side(120), 368);
    assert!((2..=120).all(|frames| frames * side(frames).pow(2) <= 1 << 24));
}
