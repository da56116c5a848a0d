//! Tests of the module beside this folder: `schema`.

use serde_json::{Value, json};

use super::{Kind, SOCKET_PATH_BYTES_MAX};
use crate::sections::{self, Config};

fn refused(kind: Kind, value: Value) -> String {
    match kind.check(value) {
        Err(refusal) => format!("{}; {}", refusal.message, refusal.hint),
        Ok(value) => panic!("{value} passed"),
    }
}

#[test]
fn bounds_are_part_of_the_range() {
    let kind = Kind::count(2, 9);
    for number in [2, 9] {
        assert_eq!(kind.check(json!(number)), Ok(json!(number)));
    }
    for number in [json!(1), json!(10), json!(-3), json!(2.5), json!("3"), json!(true)] {
        assert!(refused(kind, number).contains("a number from 2 to 9"));
    }
}

#[test]
fn text_is_read_as_the_schema_says() {
    let check = |kind: Kind, text: &str, expected: Option<Value>| {
        assert_eq!(kind.parse_text(text).ok(), expected, "{text}");
    };
    check(Kind::Switch, "true", Some(json!(true)));
    check(Kind::Switch, "yes", None);
    check(Kind::Switch, "1", None);
    check(Kind::count(0, 9999), "1_000", Some(json!(1000)));
    check(Kind::count(0, 9999), "10000", None);
    check(Kind::count(0, 9999), "-1", None);
    check(Kind::count(0, 9999), "", None);
    check(Kind::count(0, u64::MAX), "99999999999999999999999", None);
    // A word that looks like a number stays a word.
    check(Kind::Choice(&["0600", "0660"]), "0600", Some(json!("0600")));
    check(Kind::Path, "1234", None);
    check(Kind::Path, "/1234", Some(json!("/1234")));
    check(Kind::Paths, "/a b:/c", Some(json!(["/a b", "/c"])));
    check(Kind::Paths, "", Some(json!([])));
    check(Kind::Paths, "/a:b", None);
}

#[test]
fn words_are_suggested() {
    let kind = Kind::Choice(&["error", "warn", "info"]);
    assert_eq!(kind.check(json!("warn")), Ok(json!("warn")));
    let text = refused(kind, json!("wran"));
    assert_eq!(
        text,
        r#""wran" is not allowed; allowed: "error", "warn" or "info"; did you mean "warn"?"#
    );
    assert!(!refused(kind, json!("colourful")).contains("did you mean"));
}

#[test]
fn paths_are_absolute_or_empty() {
    for path in ["", "/", "/a b/c"] {
        assert!(Kind::Path.check(json!(path)).is_ok(), "{path}");
    }
    for path in ["a", "./a", "~/a", "/a\0b"] {
        assert!(refused(Kind::Path, json!(path)).contains("an absolute path"), "{path}");
    }
    let longest = format!("/{}", "s".repeat(SOCKET_PATH_BYTES_MAX - 1));
    assert!(Kind::SocketPath.check(json!(longest)).is_ok());
    assert!(refused(Kind::SocketPath, json!(format!("{longest}s"))).contains("107 bytes"));
}

#[test]
fn tcp_stays_on_this_host() {
    for address in ["127.0.0.1:7890", "127.8.9.1:0", "[::1]:7890"] {
        assert!(Kind::Loopback.check(json!(address)).is_ok(), "{address}");
    }
    for address in ["0.0.0.0:7890", "192.168.1.2:1", "[::]:7890", "[::ffff:127.0.0.1]:1"] {
        assert!(refused(Kind::Loopback, json!(address)).contains("TLS"), "{address}");
    }
    for address in ["localhost:7890", "127.0.0.1", "127.0.0.1:65536", "", ":1"] {
        assert!(refused(Kind::Loopback, json!(address)).contains("and port"), "{address}");
    }
}

#[test]
fn long_foreign_values_are_shortened() {
    assert!(refused(Kind::Switch, json!("é".repeat(5000))).len() < 300);
    assert!(refused(Kind::Switch, json!([1, 2])).starts_with("a list is not"));
    assert!(refused(Kind::Switch, json!({"a": 1})).starts_with("a table is not"));
}

#[test]
fn every_word_of_every_choice_has_a_typed_value() {
    use crate::load::Sources;
    for key in sections::keys() {
        let Kind::Choice(words) = key.kind else { continue };
        for word in words {
            let flags = vec![format!("{}={word}", key.dotted())];
            let sources = Sources { flags, ..Sources::default() };
            assert!(Config::load(&sources).is_ok(), "{} = {word}", key.dotted());
        }
    }
}

#[test]
fn every_bound_has_a_typed_value() {
    use crate::load::Sources;
    for key in sections::keys() {
        let Kind::Number { min, max, .. } = key.kind else { continue };
        for number in [min, max] {
            let flags = vec![format!("{}={number}", key.dotted())];
            let sources = Sources { flags, ..Sources::default() };
            // Rules between keys may object; a type that is too small may not.
            if let Err(errors) = Config::load(&sources) {
                assert!(errors.to_string().contains("is larger than"), "{errors}");
            }
        }
    }
}

#[test]
fn names_lead_to_keys() {
    for key in sections::keys() {
        let found = sections::key(&key.dotted()).expect("its own name leads to it");
        assert_eq!((found.section, found.name), (key.section, key.name));
    }
    assert_eq!(sections::key("log.level").unwrap().variable(), "GOXE_LOG_LEVEL");
    assert!(sections::key("log").is_none());
    assert!(sections::key("log.level.x").is_none());
}

#[test]
fn variables_are_unambiguous() {
    let names: std::collections::BTreeSet<String> =
        sections::keys().map(|key| key.variable()).collect();
    assert_eq!(names.len(), sections::keys().count());
}

#[test]
fn values_are_parsed_once() {
    let config = Config::built_in();
    assert_eq!(config.socket.mode, 0o600);
    assert_eq!(config.tcp.address.port(), 7890);
    assert_eq!(config.tcp.token_file, None);
    assert_eq!(config.lanes.threads(1), 3);
    assert_eq!(config.lanes.threads(12), 12);
    assert_eq!(sections::Lanes { count: 3, ..config.lanes }.threads(12), 3);
}
