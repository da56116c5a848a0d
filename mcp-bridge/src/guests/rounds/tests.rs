//! Questions and answers of a call that takes several rounds.

use serde_json::{Map, Value, json};

use super::*;

fn able(capabilities: Value) -> ClientCapabilities {
    serde_json::from_value(capabilities).expect("capabilities")
}

fn question(kind: AskKind, params: &Value) -> Question {
    Question { kind, params: params.as_object().cloned().unwrap_or_default() }
}

fn one(kind: AskKind, params: &Value) -> Asks {
    let questions = BTreeMap::from([("q".to_owned(), question(kind, params))]);
    Asks { questions, state: None }
}

#[test]
fn only_what_was_declared_is_asked() {
    let form =
        || json!({ "message": "m", "requestedSchema": { "type": "object", "properties": {} } });
    let url = || json!({ "mode": "url", "message": "m", "url": "https://a", "elicitationId": "e" });
    let words = || json!({ "messages": [], "maxTokens": 1 });
    let tools = || json!({ "messages": [], "maxTokens": 1, "tools": [] });
    let (ask, model, roots) = (AskKind::Elicitation, AskKind::Sampling, AskKind::Roots);
    let table = [
        (ask, form(), json!({}), false),
        (ask, form(), json!({ "elicitation": {} }), true),
        (ask, form(), json!({ "elicitation": { "form": {} } }), true),
        (ask, form(), json!({ "elicitation": { "url": {} } }), false),
        (ask, url(), json!({ "elicitation": {} }), false),
        (ask, url(), json!({ "elicitation": { "url": {} } }), true),
        (model, words(), json!({ "elicitation": {} }), false),
        (model, words(), json!({ "sampling": {} }), true),
        (model, tools(), json!({ "sampling": {} }), false),
        (model, tools(), json!({ "sampling": { "tools": {} } }), true),
        (roots, json!({}), json!({ "sampling": {} }), false),
        (roots, json!({}), json!({ "roots": {} }), true),
    ];
    for (kind, params, capabilities, expect) in table {
        let told = format!("{kind:?} {params} of {capabilities}");
        match checked(one(kind, &params), &able(capabilities)) {
            Ok(_) => assert!(expect, "{told}"),
            Err(Trouble::CannotAsk(missing)) => {
                assert!(!expect && missing == [kind], "{told}");
            }
            Err(other) => unreachable!("{told}: {other:?}"),
        }
    }
}

#[test]
fn what_may_be_asked_follows_from_what_was_declared() {
    assert_eq!(kinds(&able(json!({}))), []);
    let all = able(json!({ "roots": {}, "sampling": {}, "elicitation": {} }));
    assert_eq!(kinds(&all), [AskKind::Elicitation, AskKind::Sampling, AskKind::Roots]);
}

#[test]
fn questions_are_bounded_and_of_a_known_form() {
    let all = able(json!({ "roots": {}, "sampling": {}, "elicitation": {} }));
    let refused = |asks| matches!(checked(asks, &all), Err(Trouble::Misread(_)));
    assert!(refused(Asks::default()), "it asks nothing");
    assert!(refused(one(AskKind::Elicitation, &json!({ "message": 1 }))));
    let many = (0..17).map(|n| (n.to_string(), question(AskKind::Roots, &json!({}))));
    assert!(refused(Asks { questions: many.collect(), state: None }));
    assert!(refused(Asks { questions: BTreeMap::new(), state: Some("s".repeat(70_000)) }));
    // A state alone asks for nothing but another try.
    let again = Asks { questions: BTreeMap::new(), state: Some("s".into()) };
    assert!(checked(again, &all).is_ok());
}

/// Forms go to the client as they came: with titles, defaults and the older names of choices.
#[test]
fn forms_keep_what_clients_show() {
    let fields = json!({
        "plain": { "type": "string", "enum": ["a", "b"], "default": "a" },
        "titled": { "type": "string", "oneOf": [{ "const": "a", "title": "A" }] },
        "older": { "type": "string", "enum": ["a"], "enumNames": ["A"] },
        "many": { "type": "array", "items": { "type": "string", "enum": ["a"] } },
        "score": { "type": "number", "default": 95.5 },
    });
    let schema = json!({ "type": "object", "properties": fields });
    let params = json!({ "message": "m", "requestedSchema": schema });
    let all = able(json!({ "elicitation": {} }));
    let (requests, _) = checked(one(AskKind::Elicitation, &params), &all).expect("a form");
    let sent = serde_json::to_value(&requests["q"]).expect("JSON");
    assert_eq!(sent["method"], "elicitation/create");
    let sent = &sent["params"]["requestedSchema"]["properties"];
    for (name, field) in fields.as_object().unwrap_or(&Map::new()) {
        assert_eq!(sent[name], *field, "{name}");
    }
}
