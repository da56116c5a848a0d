//! Answers as clients get them.

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

#[test]
fn json_comes_in_lines() {
    let map = object(json!({
        "revision": "5.9f3a12cc",
        "bounds": { "min": [0, 0, 0], "max": [1, 1, 1] },
        "voxels": [{ "at": [0, 0, 0] }, { "at": [1, 0, 0] }],
        "slices": [{ "z": 0, "rows": ["AB", ".."] }],
        "none": [],
    }));
    let expected = r#"{
"bounds":{"max":[1,1,1],"min":[0,0,0]},
"none":[],
"revision":"5.9f3a12cc",
"slices":[
{
"rows":[
"AB",
".."
],
"z":0
}
],
"voxels":[
{"at":[0,0,0]},
{"at":[1,0,0]}
]
}"#;
    assert_eq!(lines(&map), expected);
}

#[test]
fn nothing_is_cut_from_what_fits() {
    let map = object(json!({ "list": vec!["x".repeat(100); 300] }));
    assert_eq!(shrink(map.clone(), ANSWER_BYTES_MAX).0, map);
}

#[test]
fn the_longest_list_is_cut_first_and_counted() {
    let map = object(json!({ "long": vec!["x".repeat(100); 3000], "short": [1, 2, 3] }));
    let (shrunk, text) = shrink(map, ANSWER_BYTES_MAX);
    let kept = shrunk["long"].as_array().map(Vec::len).expect("a list");
    assert_eq!(shrunk["cut"], json!({ "long": 3000 - kept }));
    assert_eq!(shrunk["short"], json!([1, 2, 3]));
    assert!(text.len() <= ANSWER_BYTES_MAX + 40);
    assert_eq!(lines(&shrunk), text);
}

#[test]
fn what_has_no_list_ends_too() {
    let map = object(json!({ "text": "x".repeat(100_000) }));
    assert_eq!(shrink(map.clone(), ANSWER_BYTES_MAX).0, map);
}

#[test]
fn a_picture_is_base64_in_an_image_block() {
    let result = Answer::Picture { caption: "castle".to_owned(), png: vec![1, 2, 3] }.into_result();
    assert!(result.structured_content.is_none());
    let image = result.content[1].as_image().expect("an image");
    assert_eq!((image.data.as_str(), image.mime_type.as_str()), ("AQID", "image/png"));
}

#[test]
fn a_concise_answer_says_where_the_rest_is() {
    let map = object(json!({ "layers": vec!["x".repeat(100); 300], "id": 3, "project": "p" }));
    let Answer::Data(told) = Answer::Data(map).without(&["id"]).concise("project_info {}") else {
        panic!("data stays data");
    };
    assert!(lines(&told).len() <= CONCISE_BYTES_MAX + 200);
    assert!(told["cut"]["layers"].as_u64().is_some_and(|cut| cut > 200));
    assert_eq!((&told["next"], told.get("id")), (&json!("project_info {}"), None));
    let short = object(json!({ "layers": ["a"] }));
    assert_eq!(Answer::Data(short.clone()).concise("x"), Answer::Data(short));
}
