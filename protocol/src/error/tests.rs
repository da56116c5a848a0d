//! The table of codes, and errors there and back.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

#[test]
fn codes_are_unique_and_documented() {
    let numbers: BTreeSet<_> = CODES.iter().map(|row| row.number).collect();
    let names: BTreeSet<_> = CODES.iter().map(|row| row.name).collect();
    assert_eq!((numbers.len(), names.len()), (CODES.len(), CODES.len()));
    for row in CODES {
        assert_eq!(Code::from_number(row.number), row.code);
        assert_eq!((row.code.number(), row.code.name()), (row.number, row.name));
        assert!(row.meaning.ends_with('.') && !row.hint.is_empty(), "{}", row.name);
        // JSON-RPC keeps -32768 to -32000 for itself and for transports.
        let reserved = (-32768..=-32000).contains(&row.number);
        assert!(!reserved || row.number <= -32600, "{}", row.name);
    }
    assert_eq!(Code::from_number(-1), Code::Other(-1));
}

#[test]
fn an_error_survives_the_wire() {
    for row in CODES {
        let error = Error::new(row.code, "what").hint("next").with("limit", "x_max");
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<Error>(&text).unwrap(), error);
        assert_eq!(error.retry(), row.retry);
    }
}

#[test]
fn an_error_of_another_implementation_is_read() {
    let read = |value| serde_json::from_value::<Error>(value).unwrap();
    let bare = read(json!({"code": 5, "message": "m"}));
    assert_eq!((bare.code, &*bare.data.kind, &*bare.data.hint), (Code::Other(5), "other", ""));
    let odd = read(json!({"code": 1001, "message": "m", "data": {"kind": 7, "x": 1}}));
    assert_eq!((&*odd.data.kind, &odd.data.extra["x"]), ("7", &json!(1)));
    let text = read(json!({"code": 1, "message": "m", "data": "why"}));
    assert_eq!(text.data.extra["data"], json!("why"));
    assert!(serde_json::from_value::<Error>(json!({"code": "x", "message": "m"})).is_err());
}

#[test]
fn constructors_say_the_limit_and_the_name() {
    let error = Error::limit_exceeded("edit_voxels_max", 9, 8);
    assert_eq!(error.to_string(), "9 is over edit_voxels_max = 8");
    assert_eq!(error.data.extra["limit"], json!("edit_voxels_max"));
    let error = Error::not_found("layer", "roof");
    assert_eq!(
        (error.to_string().as_str(), &*error.data.kind),
        ("there is no layer \"roof\"", "layer_not_found")
    );
    assert_eq!(Error::invalid_params("x").to_string(), "Invalid params: x");
}
