//! Requests, batches and replies: what is taken, what is refused with which words, and that both parsers agree.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn single(json: &str) -> Result<Request<'_>, Rejected<'_>> {
    match parse(json.as_bytes(), &RpcLimits::default())? {
        Message::Single(request) => Ok(request),
        Message::Batch(_) => panic!("{json} is no batch"),
    }
}

/// Everything a request says, to compare two of them.
fn facts(request: &Request<'_>) -> (Option<String>, String, Option<String>, Option<Meta<'static>>) {
    (
        request.id.as_ref().map(|id| id.json().to_owned()),
        request.method.to_string(),
        request.params.map(str::to_owned),
        request.meta.as_deref().cloned().map(Meta::into_owned),
    )
}

#[test]
fn requests_are_read() {
    let some = |text: &str| Some(text.to_owned());
    let table = [
        (r#"{"jsonrpc":"2.0","id":1,"method":"a.b"}"#, some("1"), "a.b", None),
        (r#"{"jsonrpc":"2.0","method":"a.b"}"#, None, "a.b", None),
        (r#"{"id":null,"jsonrpc":"2.0","method":"a"}"#, some("null"), "a", None),
        (r#"{"id":-1.50e3,"jsonrpc":"2.0","method":"a"}"#, some("-1.50e3"), "a", None),
        (r#"{"id":"x\ny","jsonrpc":"2.0","method":"a"}"#, some(r#""x\ny""#), "a", None),
        (r#"{"id":0,"jsonrpc":"2.0","method":"a"}"#, some("0"), "a", None),
        (
            " { \"params\" : [ 1 , {} ] , \"method\" : \"a\" ,\n\"jsonrpc\":\"2.0\" , \"id\" : 7 } ",
            some("7"),
            "a",
            some("[ 1 , {} ]"),
        ),
        (r#"{"jsonrpc":"2.0","method":"tab\tbed","x":[{}],"id":1}"#, some("1"), "tab\tbed", None),
        (
            r#"{"jsonrpc":"2.0","method":"a","params":{"é":"\u00e9"}}"#,
            None,
            "a",
            some(r#"{"é":"\u00e9"}"#),
        ),
        (r#"{"jsonrpc":"2.0","method":"a","id":1}"#, some("1"), "a", None),
    ];
    for (json, id, method, params) in table {
        let request = single(json).unwrap();
        assert_eq!(facts(&request), (id, method.to_owned(), params, None), "{json}");
    }
}

#[test]
fn strings_are_borrowed_where_they_can_be() {
    let request =
        single(r#"{"jsonrpc":"2.0","id":"k","method":"a.b","meta":{"trace":"t"}}"#).unwrap();
    assert!(matches!(request.method, std::borrow::Cow::Borrowed(_)));
    assert!(matches!(request.meta.unwrap().trace, Some(std::borrow::Cow::Borrowed("t"))));
}

#[test]
fn what_is_no_request_is_answered_with_the_reason() {
    let long_id =
        format!(r#"{{"jsonrpc":"2.0","method":"a","id":"{}"}}"#, "i".repeat(ID_BYTES_MAX));
    let invalid = Code::InvalidRequest;
    let table: &[(&str, Code, &str, &str)] = &[
        ("", Code::ParseError, "null", "EOF"),
        ("  ", Code::ParseError, "null", "EOF"),
        ("{", Code::ParseError, "null", "EOF"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a"} x"#, Code::ParseError, "null", "trailing"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":}}"#,
            Code::ParseError,
            "null",
            "expected value",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1}}"#,
            Code::ParseError,
            "null",
            "expected",
        ),
        (r#"{"jsonrpc":"2.0","id":01,"method":"a"}"#, Code::ParseError, "null", "number"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\nb\"}", Code::ParseError, "null", "control"),
        ("1", invalid, "null", "object"),
        ("\"x\"", invalid, "null", "object"),
        ("{}", invalid, "null", "\"jsonrpc\" is missing"),
        (r#"{"id":3,"method":"a"}"#, invalid, "3", "\"jsonrpc\" is missing"),
        (r#"{"jsonrpc":"1.0","id":3,"method":"a"}"#, invalid, "3", "not \"2.0\""),
        (r#"{"jsonrpc":2.0,"id":3,"method":"a"}"#, invalid, "3", "not \"2.0\""),
        (r#"{"jsonrpc":"2.0","id":3}"#, invalid, "3", "\"method\" is missing"),
        (r#"{"jsonrpc":"2.0","id":3,"result":1}"#, invalid, "3", "\"method\" is missing"),
        (r#"{"jsonrpc":"2.0","id":"x","method":null}"#, invalid, "\"x\"", "not a string"),
        (r#"{"jsonrpc":"2.0","id":true,"method":"a"}"#, invalid, "null", "id is not"),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#, invalid, "null", "id is not"),
        (&long_id, invalid, "null", "longer than 256"),
        (r#"{"jsonrpc":"2.0","id":3,"method":"a","params":null}"#, invalid, "3", "\"params\""),
        (r#"{"jsonrpc":"2.0","id":3,"method":"a","params":7}"#, invalid, "3", "\"params\""),
        (r#"{"jsonrpc":"2.0","id":3,"id":4,"method":"a"}"#, invalid, "4", "\"id\" is there twice"),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"a","m\u0065thod":"b"}"#,
            invalid,
            "3",
            "\"method\" is there twice",
        ),
        (r#"{"jsonrpc":"2.0","id":3,"method":"a","meta":[]}"#, invalid, "3", "\"meta\""),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"a","meta":{"deadline_ms":-1}}"#,
            invalid,
            "3",
            "\"meta\"",
        ),
        (
            r#"{"jsonrpc":"2.0","id":3,"method":"a","meta":{"progress":1}}"#,
            invalid,
            "3",
            "\"meta\"",
        ),
    ];
    for (json, code, id, detail) in table {
        let rejected = single(json).unwrap_err();
        assert_eq!((rejected.error.code, rejected.id.json()), (*code, *id), "{json}");
        let said = rejected.error.detail().unwrap_or_default();
        assert!(said.contains(detail), "{json}: {said}");
    }
    let rejected = parse(b"{\"\xff\":1}", &RpcLimits::default()).unwrap_err();
    assert_eq!(rejected.error.detail(), Some("the payload is not UTF-8 at byte 2"));
}

#[test]
fn meta_says_how_to_run() {
    let json = r#"{"jsonrpc":"2.0","id":1,"method":"a","meta":{"deadline_ms":250,"idempotency_key":"k\u0031","progress":"p","trace":"00-1","later":[1]}}"#;
    let meta = single(json).unwrap().meta.unwrap();
    let expected = Meta {
        deadline_ms: Some(250),
        idempotency_key: Some("k1".into()),
        progress: Some(Progress::Token("p".into())),
        trace: Some("00-1".into()),
    };
    assert_eq!(*meta, expected);
    for (meta, progress) in [
        ("{}", None),
        (r#"{"progress":true}"#, Some(Progress::ById)),
        (r#"{"progress":false}"#, None),
        (r#"{"progress":null}"#, None),
    ] {
        let json = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","meta":{meta}}}"#);
        assert_eq!(single(&json).unwrap().meta.unwrap().progress, progress, "{meta}");
    }
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"a","meta":{{"trace":"{}"}}}}"#,
        "t".repeat(257)
    );
    assert!(single(&long).unwrap_err().error.detail().unwrap().contains("trace is longer"));
}

#[test]
fn the_depth_limit_comes_before_any_recursion() {
    let limits = RpcLimits { depth_max: 4, ..RpcLimits::default() };
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{open}{close}}}"#)
    };
    assert!(parse(nested(3).as_bytes(), &limits).is_ok());
    let deep = nested(4);
    let rejected = parse(deep.as_bytes(), &limits).unwrap_err();
    assert_eq!(
        (rejected.error.code, &*rejected.error.data.kind),
        (Code::InvalidRequest, "too_deep")
    );
    let bomb = "[".repeat(10_000_000);
    assert_eq!(parse(bomb.as_bytes(), &limits).unwrap_err().error.data.kind, "too_deep");
}

#[test]
fn a_batch_is_bounded_and_its_members_fail_alone() {
    let limits = RpcLimits { batch_items_max: 3, ..RpcLimits::default() };
    let json = br#"[{"jsonrpc":"2.0","method":"n"},[],{"jsonrpc":"2.0","id":1,"method":"a"}]"#;
    let Message::Batch(batch) = parse(json, &limits).unwrap() else { panic!("a batch") };
    let kinds: Vec<_> =
        batch.requests().map(|member| member.map(|request| request.id.is_some())).collect();
    assert_eq!(batch.len(), 3);
    assert!(matches!(kinds[0], Ok(false)) && kinds[1].is_err() && matches!(kinds[2], Ok(true)));
    let rejected = parse(b"[1,1,1,1]", &limits).unwrap_err();
    assert_eq!(rejected.error.code, Code::LimitExceeded);
    for json in [&b"[1,"[..], b"[1 1]", b"[1] 2", b"[1,]"] {
        assert_eq!(parse(json, &limits).unwrap_err().error.code, Code::ParseError);
    }
    assert_eq!(BatchReply::new(0).finish(), None);
}

#[test]
fn an_attachment_comes_with_one_request_only() {
    let mut bytes = Vec::new();
    crate::frame::append_attached(&mut bytes, |out| out.extend_from_slice(b"[1]"), b"raw").unwrap();
    let mut decoder = crate::frame::Decoder::new(100);
    let mut input = bytes.as_slice();
    let frame = decoder.decode(&mut input).unwrap().unwrap();
    let rejected = parse_frame(&frame, &RpcLimits::default()).unwrap_err();
    assert_eq!(rejected.error.code, Code::InvalidRequest);
}

#[test]
fn replies_are_written() {
    let mut out = Vec::new();
    encode_reply(&mut out, &Id::number(7), &json!({"a": [1]}));
    assert_eq!(out, br#"{"jsonrpc":"2.0","id":7,"result":{"a":[1]}}"#);
    out.clear();
    let raw: &RawValue = serde_json::from_str("{ \"a\" :1}").unwrap();
    encode_raw_reply(&mut out, &Id::from_json("\"x\"").unwrap(), raw);
    assert_eq!(out, br#"{"jsonrpc":"2.0","id":"x","result":{ "a" :1}}"#);
    out.clear();
    let error = Error::conflict("cursor_expired", "gone").hint("start again").with("revision", 5);
    encode_error(&mut out, &Id::NULL, &error);
    assert_eq!(
        out,
        br#"{"jsonrpc":"2.0","id":null,"error":{"code":1011,"message":"gone","data":{"kind":"cursor_expired","hint":"start again","revision":5}}}"#
    );
    out.clear();
    encode_notification(&mut out, "event", &json!({"seq": 1})).unwrap();
    assert_eq!(out, br#"{"jsonrpc":"2.0","method":"event","params":{"seq":1}}"#);
}

#[test]
fn a_result_that_cannot_be_written_is_still_answered_once() {
    let mut out = b"before".to_vec();
    let bad = std::collections::BTreeMap::from([(vec![1], 2)]);
    encode_reply(&mut out, &Id::number(1), &bad);
    let reply: Value = serde_json::from_slice(&out["before".len()..]).unwrap();
    assert_eq!(reply["error"]["code"], json!(-32603));
    assert!(encode_notification(&mut out, "event", &bad).is_err());
}

#[test]
fn a_client_reads_replies_and_notifications() {
    let table = [
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "Reply 1 null"),
        (r#"{"jsonrpc":"2.0","result":[1],"id":"x"}"#, "Reply \"x\" [1]"),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1001,"message":"m","data":{"kind":"k","n":1}}}"#,
            "Failed null Busy k",
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-7,"message":"m","data":[1]}}"#,
            "Failed 2 Other(-7) other",
        ),
        (r#"{"jsonrpc":"2.0","method":"event","params":{}}"#, "Notification event"),
        (r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}"#, "wrong"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x"}"#, "wrong"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "wrong"),
        (r#"[]"#, "wrong"),
        (r#"{"#, "wrong"),
    ];
    for (json, expected) in table {
        let seen = match parse_incoming(json.as_bytes(), 64) {
            Ok(Incoming::Reply { id, outcome: Ok(result) }) => format!("Reply {id} {result}"),
            Ok(Incoming::Reply { id, outcome: Err(error) }) => {
                format!("Failed {id} {:?} {}", error.code, error.data.kind)
            }
            Ok(Incoming::Notification { method, .. }) => format!("Notification {method}"),
            Err(_) => "wrong".to_owned(),
        };
        assert_eq!(seen, expected, "{json}");
    }
}

/// Requests in every dress, sound and unsound.
fn any_envelope() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", "", " ", "\n\t"]);
    let member = prop::sample::select(vec![
        r#""jsonrpc":"2.0""#,
        r#""jsonrpc":"2.0""#,
        r#""jsonrpc":"2.1""#,
        r#""jsonrpc" : "2\u002e0""#,
        r#""id":1"#,
        r#""id":"a""#,
        r#""id":null"#,
        r#""id":12.5"#,
        r#""id":"\"""#,
        r#""id":007"#,
        r#""id": 99 "#,
        r#""id":[]"#,
        r#""method":"a.b""#,
        r#""method":"voxel.paint_region""#,
        r#""method":"a\nb""#,
        r#""method":3"#,
        r#""method":"é""#,
        r#""params":{"a":[1,"]"]}"#,
        r#""params":[]"#,
        r#""params":"x""#,
        r#""params":{"a":}"#,
        r#""params":[1,]"#,
        r#""params":{}}"#,
        r#""meta":{}"#,
        r#""meta":{"deadline_ms":5,"progress":true}"#,
        r#""meta":{"trace":7}"#,
        r#""meta":null"#,
        r#""other":1"#,
        r#""jsonrpc_":"2.0""#,
        r#""id"1"#,
        r#"id:1"#,
    ]);
    (prop::collection::vec((space.clone(), member), 0..6), space).prop_map(|(members, space)| {
        let members: Vec<_> =
            members.iter().map(|(space, member)| format!("{space}{member}")).collect();
        format!("{{{}{space}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_quick_parser_says_what_the_strict_one_says(json in any_envelope()) {
        if let Some(quick) = quick::parse(&json) {
            let strict = request::parse_strictly(&json);
            prop_assert!(strict.is_ok(), "{} is refused by the strict parser", json);
            prop_assert_eq!(facts(&quick), facts(&strict.unwrap()));
        }
    }

    #[test]
    fn mutated_requests_never_panic(
        json in any_envelope(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = json.into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let limits = RpcLimits::default();
        if let Err(rejected) = parse(&bytes, &limits) {
            let mut out = Vec::new();
            encode_error(&mut out, &rejected.id, &rejected.error);
            prop_assert!(serde_json::from_slice::<Value>(&out).is_ok());
        }
        if let (Ok(text), Ok(Message::Single(request))) = (std::str::from_utf8(&bytes), parse(&bytes, &limits)) {
            let strict = request::parse_strictly(text);
            prop_assert_eq!(facts(&request), facts(&strict.unwrap()));
        }
        let _ = parse_incoming(&bytes, 64);
    }
}
