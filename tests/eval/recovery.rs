//! Twenty mistakes: the error says what was wrong, and the call it names does work as it stands.

use std::fs;

use serde::Deserialize;

use crate::calls::{Call, bridge_in, folder, next_of_error};
use crate::support::Place;

/// The file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// Calls before each of them, on a data folder of its own.
    before: String,
    case: Vec<Case>,
}

/// One mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the mistake is.
    name: String,
    /// The wrong call.
    call: String,
    /// What its error has to say.
    says: Vec<String>,
    /// What the next call has to have in it.
    next: String,
}

#[test]
fn every_mistake_is_recovered_from_by_its_next_line() {
    let text = fs::read_to_string(folder().join("recovery.toml")).expect("cases are there");
    let cases: Cases = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    assert!(cases.case.len() >= 20, "{}", cases.case.len());
    let place = Place::new();
    let mut bridge = bridge_in(&place, &[]);
    for call in Call::list(&cases.before) {
        let answer = call.make(&mut bridge);
        assert!(!answer.is_error(), "before: {}", answer.text());
    }
    let mut faults = Vec::new();
    for case in &cases.case {
        let wrong = Call::verbatim(&case.call).make(&mut bridge);
        let text = wrong.text();
        let missing = case.says.iter().filter(|words| !text.contains(words.as_str()));
        faults.extend(missing.map(|words| format!("{}: no {words:?} in\n{text}", case.name)));
        if !wrong.is_error() {
            faults.push(format!("{}: it did not fail", case.name));
            continue;
        }
        let next = next_of_error(&wrong);
        let shown = format!("{} {}", next.tool, next.arguments);
        if !shown.contains(&case.next) {
            faults.push(format!("{}: the next call is {shown}", case.name));
        }
        let right = next.make(&mut bridge);
        if right.is_error() {
            faults.push(format!("{}: {shown} fails:\n{}", case.name, right.text()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
