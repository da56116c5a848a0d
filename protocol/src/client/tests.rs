//! The client core: ids, answers that overtake, bounds, the end.

use serde_json::{Value, json};

use super::*;
use crate::frame::{FirstBytes, append_attached, append_message};

/// The requests that a server sees in these bytes: message and attachment.
fn served(bytes: &[u8]) -> Vec<(Value, Option<Vec<u8>>)> {
    let mut decoder = Decoder::new(1 << 20);
    let mut input = bytes;
    let mut seen = Vec::new();
    while let Some(frame) = decoder.decode(&mut input).unwrap() {
        let json = serde_json::from_slice(frame.json()).unwrap();
        seen.push((json, frame.attachment().map(<[u8]>::to_vec)));
    }
    assert!(!decoder.is_partial());
    seen
}

fn message(json: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    append_message(&mut bytes, |out| out.extend_from_slice(json.to_string().as_bytes())).unwrap();
    bytes
}

fn result(id: u64) -> Vec<u8> {
    message(&json!({"jsonrpc": "2.0", "id": id, "result": id * 10}))
}

fn called(client: &mut Client, calls: u64) -> Vec<u64> {
    let mut out = Vec::new();
    (0..calls).map(|_| client.call(&mut out, "system.echo", &json!({})).unwrap()).collect()
}

#[test]
fn a_call_becomes_bytes() {
    let mut client = Client::new(ClientLimits::default());
    let mut out = Vec::new();
    let first = client.call(&mut out, "project.info", &json!({"project": "p"})).unwrap();
    let meta = Meta { deadline_ms: Some(5), ..Meta::default() };
    let call =
        Call { method: "blob.write", params: &json!({}), meta: &meta, attachment_bytes: Some(3) };
    let second = client.call_with(&mut out, &call).unwrap();
    out.extend_from_slice(b"raw");
    let expected = [
        (
            json!({"jsonrpc": "2.0", "id": first, "method": "project.info", "params": {"project": "p"}}),
            None,
        ),
        (
            json!({"jsonrpc": "2.0", "id": second, "method": "blob.write", "params": {}, "meta": {"deadline_ms": 5}}),
            Some(b"raw".to_vec()),
        ),
    ];
    assert_eq!(served(&out), expected);
    assert_eq!(client.in_flight(), 2);
}

#[test]
fn answers_may_overtake_and_come_in_any_pieces() {
    let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]];
    for (order, piece) in orders.into_iter().zip([1, 7, 1000]) {
        let mut client = Client::new(ClientLimits::default());
        let ids = called(&mut client, 3);
        let bytes: Vec<u8> = order.iter().flat_map(|&index: &usize| result(ids[index])).collect();
        bytes.chunks(piece).for_each(|piece| client.receive(piece));
        for index in order {
            let Some(Event::Reply(reply)) = client.poll() else { panic!("a reply") };
            assert_eq!(reply.id, ids[index]);
            assert_eq!(reply.outcome.unwrap().parse::<u64>().unwrap(), reply.id * 10);
        }
        assert!(client.poll().is_none());
        assert_eq!(client.in_flight(), 0);
    }
}

#[test]
fn errors_attachments_and_notifications_arrive() {
    let mut client = Client::new(ClientLimits::default());
    called(&mut client, 2);
    let error = Error::not_found("layer", "roof");
    let mut bytes = message(&json!({"jsonrpc": "2.0", "method": "event", "params":
        {"subscription": "s", "seq": 4, "topic": "project", "data": {}}}));
    bytes.extend(message(&json!({"jsonrpc": "2.0", "id": 2, "error": error})));
    let reply = br#"{"jsonrpc":"2.0","id":1,"result":{"total": 3}}"#;
    append_attached(&mut bytes, |out| out.extend_from_slice(reply), b"raw").unwrap();
    client.receive(&bytes);

    let Some(Event::Reply(failed)) = client.poll() else { panic!("a reply") };
    assert_eq!((failed.id, failed.outcome.unwrap_err()), (2, error));
    let Some(Event::Reply(done)) = client.poll() else { panic!("a reply") };
    let answer = done.outcome.unwrap();
    assert_eq!((answer.json(), answer.attachment()), (r#"{"total": 3}"#, Some(&b"raw"[..])));
    let Some(Event::Notification(note)) = client.poll() else { panic!("a notification") };
    assert_eq!(note.as_event().unwrap().seq, 4);
    assert!(note.as_progress().is_none());
}

#[test]
fn nothing_grows_without_bound() {
    let limits = ClientLimits {
        in_flight_max: 2,
        notifications_max: 3,
        payload_bytes_max: 200,
        ..ClientLimits::default()
    };
    let mut client = Client::new(limits);
    let mut out = Vec::new();
    let long = json!(["x".repeat(200)]);
    assert!(matches!(
        client.call(&mut out, "a", &long),
        Err(ClientError::TooLarge { limit: 200, .. })
    ));
    client.set_send_bytes_max(10);
    assert!(matches!(
        client.call(&mut out, "a", &[1]),
        Err(ClientError::TooLarge { limit: 10, .. })
    ));
    client.set_send_bytes_max(1 << 30);
    let bad = std::collections::BTreeMap::from([(vec![1], 2)]);
    assert!(matches!(client.call(&mut out, "a", &bad), Err(ClientError::Params(_))));
    assert!(out.is_empty() && client.in_flight() == 0);

    called(&mut client, 2);
    assert_eq!(client.call(&mut out, "a", &[1]), Err(ClientError::TooManyCalls(2)));
    client.abandon(1);
    assert_eq!(client.call(&mut out, "a", &[1]), Err(ClientError::TooManyCalls(2)));
    client.receive(&result(1));
    assert!(client.poll().is_none(), "an abandoned call's answer is dropped");
    assert!(client.call(&mut out, "a", &[1]).is_ok());

    for seq in 0..5 {
        client.receive(&message(&json!({"jsonrpc": "2.0", "method": "event", "params": [seq]})));
    }
    assert!(matches!(client.poll(), Some(Event::Lost(2))));
    let Some(Event::Notification(note)) = client.poll() else { panic!("a notification") };
    assert_eq!(note.params.unwrap().get(), "[2]");
}

#[test]
fn a_broken_or_closed_connection_tells_what_is_unanswered() {
    let refused = Error::new(crate::Code::TooLarge, "too large");
    let table = [
        (
            b"HTTP/1.1 400".to_vec(),
            ClientError::Frame(FrameError::Magic { found: FirstBytes::of(b"HTTP") }),
        ),
        (result(77), ClientError::Protocol("an answer to 77, which is no call in flight".into())),
        (
            message(&json!({"jsonrpc": "2.0", "id": null, "error": refused})),
            ClientError::Refused(refused),
        ),
        (message(&json!([])), ClientError::Protocol(String::new())),
        (Vec::new(), ClientError::Closed),
    ];
    for (bytes, expected) in table {
        let mut client = Client::new(ClientLimits::default());
        let ids = called(&mut client, 3);
        client.receive(&result(ids[1]));
        client.receive(&bytes);
        client.close();
        assert!(matches!(client.poll(), Some(Event::Reply(Reply { id: 2, .. }))));
        let Some(Event::Closed { reason, unanswered }) = client.poll() else { panic!("the end") };
        match (&reason, &expected) {
            (ClientError::Protocol(_), ClientError::Protocol(said)) if said.is_empty() => {}
            _ => assert_eq!(reason, expected),
        }
        assert_eq!(unanswered, [1, 3]);
        assert!(client.poll().is_none());
        assert_eq!(client.call(&mut Vec::new(), "a", &[1]), Err(ClientError::Closed));
    }
}
