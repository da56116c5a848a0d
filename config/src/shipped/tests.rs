//! Tests of the module beside this folder: `shipped`.

use std::collections::BTreeSet;

use super::{TEXT, document, key_of, user_file};
use crate::load::{Sources, UserFile};
use crate::origin::Origin;
use crate::sections::{self, Config};

#[test]
fn schema_and_file_have_the_same_keys_in_the_same_order() {
    let mut section = "";
    let mut in_file = Vec::new();
    for line in TEXT.lines() {
        if let Some(title) = line.strip_prefix('[') {
            section = title.trim_end_matches(']');
        } else if let Some(key) = key_of(line) {
            in_file.push(format!("{section}.{key}"));
        }
    }
    let in_schema: Vec<String> = sections::keys().map(|key| key.dotted()).collect();
    assert_eq!(in_file, in_schema);
}

#[test]
fn the_shipped_file_is_a_configuration_and_every_value_is_its_own_default() {
    let loaded = Config::load(&Sources::default()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(loaded.shown.len(), sections::keys().count());
    assert!(loaded.shown.iter().all(|shown| shown.origin == Origin::BuiltIn));
    assert_eq!(loaded.config, Config::built_in());
}

#[test]
fn every_key_is_documented_with_what_it_allows() {
    for key in sections::keys() {
        let text = document(&key.dotted()).unwrap_or_else(|| panic!("{} is bare", key.dotted()));
        let (meaning, allowed) =
            text.split_once("Allowed: ").expect("a sentence on what is allowed");
        assert!(meaning.trim().len() > 10, "{} has no meaning", key.dotted());
        assert_eq!(allowed, format!("{}.", key.kind), "{}", key.dotted());
    }
    assert_eq!(document("log.nothing"), None);
    assert_eq!(document("nothing.level"), None);
    assert_eq!(document("level"), None);
}

#[test]
fn names_end_in_their_unit() {
    use crate::schema::{Kind, Unit};
    for key in sections::keys() {
        let Kind::Number { unit, .. } = key.kind else { continue };
        let words: BTreeSet<&str> = key.name.split('_').collect();
        assert_eq!(words.contains("ms"), unit == Unit::Millis, "{}", key.dotted());
        assert_eq!(words.contains("bytes"), unit == Unit::Bytes, "{}", key.dotted());
    }
}

#[test]
fn readable_sizes_beside_values_are_right() {
    for line in TEXT.lines().filter(|line| key_of(line).is_some()) {
        let Some((setting, comment)) = line.split_once(" # ") else { continue };
        let (_, number) = setting.split_once(" = ").expect("a key line");
        let number: u64 = number.replace('_', "").parse().unwrap();
        let (size, unit) = comment.split_once(' ').expect("a number and a unit");
        let factor = match unit {
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "s" => 1000,
            "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "x 4096" => 4096,
            other => panic!("unknown unit {other} in {line}"),
        };
        assert_eq!(number, size.parse::<u64>().unwrap() * factor, "{line}");
    }
}

#[test]
fn a_new_user_file_sets_nothing_until_a_line_is_uncommented() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("goxe.toml");
    let with = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let sources = Sources { file: UserFile::Required(path.clone()), ..Sources::default() };
        Config::load(&sources).unwrap_or_else(|errors| panic!("{errors}"))
    };
    let fresh = user_file();
    assert_eq!(with(&fresh), Config::load(&Sources::default()).unwrap());

    let one = fresh.replace("#level = \"info\"", "level = \"debug\"");
    let changed: Vec<_> =
        with(&one).shown.into_iter().filter(|shown| shown.origin != Origin::BuiltIn).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].key.as_str(), &changed[0].value), ("log.level", &"debug".into()));

    let keys = || sections::keys().map(|key| format!("#{} = ", key.name));
    let all = keys().fold(fresh, |text, key| text.replace(&key, &key[1..]));
    assert_eq!(all, TEXT);
}
