//! The blocking client against a server in memory.

use goxe_protocol::Code;
use goxe_protocol::api::system::{Echo, HelloParams};
use goxe_protocol::blocking::{Blocking, CallError, Options};
use goxe_protocol::client::{ClientError, ClientLimits};
use serde_json::{Value, json};

use crate::server::Stream;

fn client(read_bytes: usize) -> Blocking<Stream> {
    Blocking::new(Stream::new(read_bytes), ClientLimits::default())
}

#[test]
fn typed_calls_and_attachments_go_both_ways() {
    for read_bytes in [1, 1000, 1 << 20] {
        let mut client = client(read_bytes);
        let params = json!({"text": "grün"});
        assert_eq!(client.call::<Echo>(&params).unwrap(), params);
        let options = Options { attachment: Some(b"\0raw"), ..Options::default() };
        let typed = client.call_with::<Echo>(&params, options).unwrap();
        assert_eq!((&typed.reply, typed.attachment()), (&params, Some(&b"\0raw"[..])));
    }
}

#[test]
fn a_large_attachment_comes_back_whole() {
    let mut client = client(10_007);
    let attachment: Vec<u8> = (0..3_000_000u32).map(|index| index.to_le_bytes()[1]).collect();
    let options = Options { attachment: Some(&attachment), ..Options::default() };
    let typed = client.call_with::<Echo>(&json!({}), options).unwrap();
    assert!(typed.attachment() == Some(&attachment[..]));
}

#[test]
fn hello_sets_the_limit_of_what_is_sent() {
    let mut client = client(100);
    let reply = client
        .hello(&HelloParams { client: Some("test".into()), ..HelloParams::default() })
        .unwrap();
    assert_eq!(reply.epoch, "e");
    let options = Options { attachment: Some(&[0; 300_000]), ..Options::default() };
    let error = client.call_with::<Echo>(&json!({}), options).unwrap_err();
    assert!(matches!(error, CallError::Client(ClientError::TooLarge { limit: 300_000, .. })));
    assert!(client.call::<Echo>(&json!({})).is_ok());
}

#[test]
fn progress_is_told_and_events_are_kept() {
    let mut client = client(50);
    let mut told = Vec::new();
    let mut on_progress = |progress: &goxe_protocol::api::event::ProgressNote| {
        told.push(progress.message.clone());
    };
    let options = Options { on_progress: Some(&mut on_progress), ..Options::default() };
    let answer = client.call_raw("slow.work", &json!({}), options).unwrap();
    assert_eq!(answer.parse::<Value>().unwrap(), json!({"meta": true}));
    assert_eq!(told, ["half"]);
    assert_eq!(client.next_event().unwrap().seq, 1);
    assert_eq!(client.take_lost(), 0);
}

#[test]
fn errors_are_typed_and_a_time_out_leaves_the_connection_usable() {
    let mut client = client(1000);
    let error = client.call_raw("no.such", &json!({}), Options::default()).unwrap_err();
    assert!(matches!(error, CallError::Remote(error) if error.code == Code::MethodNotFound));
    let error = client.call_raw("never.answered", &json!({}), Options::default()).unwrap_err();
    assert!(matches!(error, CallError::Io(_)));
    assert!(client.call::<Echo>(&json!({"still": "here"})).is_ok());
    assert!(matches!(client.next_event(), Err(CallError::Io(_))));
}
