//! The edges of the wire: first bytes, versions, flags, limits, TCP and its token.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use goxe_protocol::Code;
use goxe_protocol::blocking::{Blocking, CallError, Options};
use goxe_protocol::client::ClientLimits;
use serde_json::{Value, json};

use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Place, Raw, until};

fn echo(id: u64) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "system.echo", "params": {} }).to_string()
}

/// Sends bytes and returns the code of the last error before the connection was closed.
fn last_word(place: &Place, bytes: &[u8]) -> Code {
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    peer.send(bytes).expect("the daemon takes bytes");
    let answers = peer.drain().expect("the daemon closes, though we do not");
    let json = if answers.starts_with(b"GOXE") { &answers[16..] } else { &answers[..] };
    let answer: Value = serde_json::from_slice(json)
        .unwrap_or_else(|_| panic!("no one last word: {}", String::from_utf8_lossy(&answers)));
    assert!(answer["id"].is_null(), "{answer}");
    Code::from_number(answer["error"]["code"].as_i64().expect("a code"))
}

#[test]
fn a_frame_that_breaks_the_rules_ends_the_connection_with_a_code() {
    let place = Place::new().set("limits", "frame_bytes_max", 65_536);
    let daemon = place.daemon();
    let header = |version: u32, length: u32, flags: u32| {
        let mut bytes = b"GOXE".to_vec();
        for word in [version, length, flags] {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        bytes
    };
    assert_eq!(last_word(&place, &header(2, 0, 0)), Code::Unsupported);
    assert_eq!(last_word(&place, &header(1, 0, 2)), Code::Unsupported);
    assert_eq!(last_word(&place, &header(1, 65_537, 0)), Code::TooLarge);
    assert_eq!(last_word(&place, &header(1, u32::MAX, 0)), Code::TooLarge);
    let mut beyond = header(1, 8, 1);
    beyond.extend_from_slice(&[0, 0, 0, 5, 0, 0, 0, 0]);
    assert_eq!(last_word(&place, &beyond), Code::InvalidRequest);
    assert_eq!(last_word(&place, b"HTTP/1.1 200 OK\r\n\r\n"), Code::Unsupported);

    // The largest payload that is allowed, to the byte.
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    let attachment = vec![1; 65_536 - 4 - echo(1).len()];
    peer.send(&frame(&echo(1), Some(&attachment))).expect("it is taken");
    let answer = peer.read_frame().expect("an answer").expect("not the end");
    assert!(answer.json["result"].is_object() || answer.json["error"].is_object(), "{answer:?}");
    daemon.stop();
}

#[test]
fn an_id_in_flight_is_refused_and_deep_json_too() {
    let place = Place::new().set("limits", "json_depth_max", 10);
    let daemon = place.daemon();
    daemon.client().create("castle");
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    let depth = |levels: usize| {
        let value = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"system.echo","params":{{"a":{value}}}}}"#)
    };
    // The request and its params are two levels.
    for (levels, is_allowed) in [(8, true), (9, false)] {
        peer.send(&frame(&depth(levels), None)).expect("it is taken");
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        assert_eq!(answer["result"].is_object(), is_allowed, "{levels}: {answer}");
        if !is_allowed {
            assert_eq!(answer["error"]["code"], Code::InvalidRequest.number());
            assert_eq!(answer["error"]["data"]["kind"], "too_deep");
        }
    }
    daemon.stop();
}

#[test]
fn a_frame_that_stays_partial_and_an_idle_peer_are_closed() {
    let place =
        Place::new().set("limits", "partial_frame_ms_max", 300).set("limits", "idle_ms_max", 900);
    let daemon = place.daemon();
    let mut partial = Raw::connect(&place.socket()).expect("the daemon listens");
    partial.send(&frame(&echo(1), None)[..20]).expect("it is taken");
    partial.drain().expect("it is closed");
    let mut idle = Raw::connect(&place.socket()).expect("the daemon listens");
    idle.send(&frame(&echo(1), None)).expect("it is taken");
    assert!(idle.read_frame().expect("an answer").is_some());
    idle.drain().expect("it is closed");
    daemon.stop();
}

#[test]
fn at_the_limit_of_peers_the_one_without_a_request_gives_way() {
    let place = Place::new().set("limits", "peers_max", 8);
    let daemon = place.daemon();
    let mut active: Vec<_> = (0..6).map(|_| daemon.client()).collect();
    let mut silent = Raw::connect(&place.socket()).expect("the daemon listens");
    let newcomers: Vec<_> = (0..3).map(|_| place.connect().expect("it is accepted")).collect();
    silent.drain().expect("it is closed");
    for client in &mut active {
        assert!(client.is_ready(), "a peer that works was closed");
    }
    drop(newcomers);
    daemon.stop();
}

#[test]
fn a_batch_has_a_limit_and_so_has_a_reply() {
    let place =
        Place::new().set("limits", "batch_items_max", 3).set("limits", "reply_bytes_max", 65_536);
    let daemon = place.daemon();
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    for (items, is_allowed) in [(3, true), (4, false)] {
        let calls: Vec<String> = (0..items).map(echo).collect();
        peer.send(&frame(&format!("[{}]", calls.join(",")), None)).expect("it is taken");
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        assert_eq!(answer.as_array().map(Vec::len), is_allowed.then_some(3), "{answer}");
        if !is_allowed {
            assert_eq!(answer["error"]["code"], Code::LimitExceeded.number(), "{answer}");
        }
    }
    let mut client = daemon.client();
    client.create("castle");
    let edits =
        json!([{ "edit": "box", "min": [0, 0, 0], "max": [31, 31, 31], "color": "#808080" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    let error = client.refused("voxel.read", json!({ "project": "castle", "form": "dense" }));
    assert_eq!(error.code, Code::TooLarge, "{error}");
    daemon.stop();
}

#[test]
fn tcp_wants_the_token_first() {
    let place = Place::new();
    let token = place.beside("token");
    fs::write(&token, "a very secret word indeed 0123456789\n").expect("a token file");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let port = {
        // A port that is free now; nobody else takes one here in between.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("its address").port()
    };
    let place = place
        .set("tcp", "enabled", true)
        .set("tcp", "address", format!("127.0.0.1:{port}"))
        .set("tcp", "token_file", token.display());
    let daemon = place.daemon();
    let connect = || {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        Blocking::new(stream, ClientLimits::default())
    };
    let code = |error: CallError| match error {
        CallError::Remote(error) => error.code,
        CallError::Client(goxe_protocol::client::ClientError::Refused(error)) => error.code,
        error => panic!("no code: {error}"),
    };
    let hello = |token: &str| json!({ "client": "tests", "token": token });

    let mut good = connect();
    let answer = good.call_raw(
        "system.hello",
        &hello("a very secret word indeed 0123456789"),
        Options::default(),
    );
    let answer: Value = answer.expect("the token is right").parse().expect("JSON");
    assert_eq!(answer["pid"], daemon.pid());
    assert!(good.call_raw("project.list", &json!({}), Options::default()).is_ok());

    let refused = connect().call_raw("system.hello", &hello("guess"), Options::default());
    assert_eq!(code(refused.expect_err("a wrong token")), Code::Unauthenticated);
    let refused = connect().call_raw("system.status", &json!({}), Options::default());
    assert_eq!(code(refused.expect_err("no token")), Code::Unauthenticated);

    // Nothing is read behind a hello before it is answered, and a large one not at all.
    let mut large = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    large.set_read_timeout(Some(PATIENCE)).expect("a time");
    let text = json!({ "jsonrpc": "2.0", "id": 1, "method": "system.hello",
                       "params": { "client": "x".repeat(70_000) } });
    // It may be closed before all of it is sent.
    let _ = large.write_all(&frame(&text.to_string(), None));
    let mut rest = Vec::new();
    let ended = large.read_to_end(&mut rest);
    assert!(ended.is_err() || !String::from_utf8_lossy(&rest).contains("\"result\""));
    daemon.stop();
}

#[test]
fn requests_of_one_peer_beyond_its_share_wait_unread() {
    let place = Place::new().set("limits", "in_flight_max", 2).set("lanes", "count", 2);
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let ball = json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 60, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": ball }));
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    for id in 0..20 {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "render.image",
                           "params": { "project": "castle", "width": 300, "height": 300 } });
        peer.send(&frame(&call.to_string(), None)).expect("it is taken, though not read");
    }
    until("two run", PATIENCE, || {
        let status = client.call("system.status", json!({}));
        let calls = status["calls_in_flight"].as_u64().expect("a number");
        assert!(calls <= 3, "{calls} calls in flight, our own included");
        (calls >= 2).then_some(())
    });
    peer.set_patience(Duration::from_secs(60));
    for _ in 0..20 {
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        assert!(answer["result"].is_object(), "never busy for one's own excess: {answer}");
    }
    daemon.stop();
}
