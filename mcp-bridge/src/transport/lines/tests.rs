//! Lines in, whole or in pieces, and what becomes of those that are none.

use rmcp::model::{ClientRequest, GetExtensions as _, JsonRpcMessage, RequestMetaObject};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, duplex, split};

use super::{skim::Skim, *};

type Side = tokio::io::DuplexStream;

/// A transport, and the client's end of it.
fn connect() -> (Lines<tokio::io::ReadHalf<Side>, tokio::io::WriteHalf<Side>>, Side) {
    let (client, server) = duplex(64 << 10);
    let (input, output) = split(server);
    (Lines::new(input, output), client)
}

fn call(arguments: &Value) -> String {
    let params = json!({
        "_meta": { "progressToken": 7 },
        "name": "project_info",
        "arguments": arguments,
    });
    let request = json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params });
    format!("{request}\n")
}

async fn answer(client: Side) -> Value {
    let line = BufReader::new(client).lines().next_line().await.expect("a line").expect("no end");
    serde_json::from_str(&line).expect("JSON")
}

#[tokio::test]
async fn a_call_is_read_as_the_sdk_would_read_it_however_it_is_cut() {
    let line = call(&json!({ "project": "a\nb" }));
    let expected = serde_json::from_str::<RxJsonRpcMessage<RoleServer>>(&line).expect("a message");
    for cut in [1, 7, line.len() - 1] {
        let (mut lines, mut client) = connect();
        let (head, tail) = line.split_at(cut);
        client.write_all(head.as_bytes()).await.expect("written");
        // The service loop drops a read whenever something else is ready.
        let nothing = tokio::time::timeout(std::time::Duration::from_millis(5), lines.receive());
        assert!(nothing.await.is_err());
        client.write_all(tail.as_bytes()).await.expect("written");
        let message = lines.receive().await.expect("a message");
        let JsonRpcMessage::Request(request) = &message else { panic!("{message:?}") };
        let ClientRequest::CallToolRequest(_) = request.request else { panic!("{message:?}") };
        let meta = request.request.extensions().get::<RequestMetaObject>().expect("its metadata");
        assert!(meta.get_progress_token().is_some());
        let text = |message| serde_json::to_value(message).expect("JSON");
        assert_eq!(text(&message), text(&expected));
        drop(client);
        assert!(lines.receive().await.is_none());
    }
}

#[tokio::test]
async fn a_request_of_a_wrong_shape_is_answered_to_who_asked() {
    for bad in [call(&json!([1, 2])), call(&json!("text"))] {
        let (mut lines, mut client) = connect();
        client.write_all(bad.as_bytes()).await.expect("written");
        client.shutdown().await.expect("no more");
        assert!(lines.receive().await.is_none());
        let told = answer(client).await;
        assert_eq!((&told["id"], &told["error"]["code"]), (&json!(5), &json!(-32602)), "{told}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_json_in_one_place_is_answered_to_who_asked() {
    let sound = call(&json!({ "zoom": 1 }));
    for bad in [sound.replace(":1}", ":NaN}"), sound.replace("}}\n", "}\n")] {
        assert_ne!(bad, sound);
        let (mut lines, mut client) = connect();
        client.write_all(bad.as_bytes()).await.expect("written");
        client.shutdown().await.expect("no more");
        assert!(lines.receive().await.is_none());
        let told = answer(client).await;
        assert_eq!((&told["id"], &told["error"]["code"]), (&json!(5), &json!(-32700)), "{told}");
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_passed_over() {
    let (mut lines, mut client) = connect();
    let stray = [
        "",
        "no JSON",
        r#"{"jsonrpc":"2.0","id":3,"result":NaN}"#,
        r#"{"jsonrpc":"2.0","result":7}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}"#,
    ];
    let text = format!("{}\r\n\u{feff}{}", stray.join("\n"), call(&json!({})));
    client.write_all(text.as_bytes()).await.expect("written");
    loop {
        let message = lines.receive().await.expect("the call comes through");
        if matches!(message, JsonRpcMessage::Request(_)) {
            break;
        }
    }
}

#[tokio::test]
async fn a_line_that_is_too_long_is_answered_and_the_next_one_is_read() {
    let (mut lines, mut client) = connect();
    let writer = tokio::spawn(async move {
        let head = r#"{"method":"tools/call","params":{"id":1,"name":"x","arguments":{"a":""#;
        client.write_all(head.as_bytes()).await.expect("written");
        let filling = vec![b'x'; 1 << 20];
        for _ in 0..17 {
            client.write_all(&filling).await.expect("written");
        }
        client.write_all(b"\"}},\"jsonrpc\":\"2.0\",\"id\":\"q-9\"}\n").await.expect("written");
        client.write_all(call(&json!({})).as_bytes()).await.expect("written");
        answer(client).await
    });
    assert!(lines.receive().await.is_some());
    assert!(lines.input.held() < 1 << 20, "what was skimmed is given back");
    let told = writer.await.expect("an answer");
    assert_eq!(told["id"], "q-9", "{told}");
    assert!(told["error"]["message"].as_str().is_some_and(|text| text.contains("16777216")));
}

#[test]
fn the_id_is_found_wherever_it_stands() {
    let check = |text: &str, expect: Option<Value>| {
        for cut in 0..text.len() {
            let mut skim = Skim::default();
            let (head, tail) = text.as_bytes().split_at(cut);
            skim.take(head);
            skim.take(tail);
            let id = skim.id().map(|id| serde_json::to_value(id).expect("JSON"));
            assert_eq!(id, expect, "{text} at {cut}");
        }
    };
    check(r#"{"id":7,"method":"m","params":{"id":8}}"#, Some(json!(7)));
    check(r#"{ "params" : [{"id":8}, "id", ":"], "id" : "a,\"}b" }"#, Some(json!("a,\"}b")));
    check(r#"{"a":"id","b":"\\","id":-3}"#, Some(json!(-3)));
    check(r#"{"idx":1,"xid":2,"i\"d":3}"#, None);
    check(r#"{"id":null}"#, None);
    check(r#"{"id":{"id":4}}"#, None);
    check(r#"[{"id":4}]"#, None);
}
