//! The router without sockets and lanes.

use std::{sync::Arc, time::Instant};

use goxe_config::Config;
use goxe_protocol::{api::Role, inbound::Inbound};

use super::{Gate, Identity, Router, State};
use crate::{
    call::{PeerId, Principal},
    journal::keys::KeyLimits,
    limits::Limits,
    memory::Memory,
    out::Outbox,
};

const PEER: PeerId = PeerId { slot: 0, generation: 1 };

fn router(limits: Limits) -> Router {
    let identity = Identity {
        server: "goxe test".to_owned(),
        build: String::new(),
        epoch: "00".repeat(8),
        store: String::new(),
        pid: 1,
        started: Instant::now(),
        token: None,
    };
    let memory = Memory::new(limits.memory_bytes_max);
    let mut router =
        Router::new(limits, KeyLimits { keep_ms: 1_000, keys_max: 10 }, identity, memory, 2);
    router.state = State::Ready;
    let principal = Principal { name: Arc::from("uid:1"), role: Role::Admin };
    router.open_session(PEER, principal, Gate::Open);
    router
}

/// What a peer gets for one line.
fn exchange(router: &mut Router, line: &str) -> String {
    let mut inbound = Inbound::new(router.limits.inbound);
    let mut out = Outbox::default();
    let mut input = line.as_bytes();
    router.receive(PEER, &mut inbound, &mut input, &mut out, Instant::now());
    let effects = router.take_effects().unwrap_or_default();
    let later = effects.answers.into_iter().map(|(_, segment)| segment);
    let segments = out.into_segments().chain(later);
    segments.map(|segment| String::from_utf8_lossy(segment.bytes()).into_owned()).collect()
}

#[test]
fn a_call_refused_after_it_was_entered_is_answered_in_the_same_turn() {
    let limits = Limits { blobs_max: 0, ..Limits::new(&Config::built_in()) };
    let mut router = router(limits);
    let line = r#"{"jsonrpc":"2.0","id":7,"method":"blob.create","params":{"bytes":5}}"#;
    let answer = exchange(&mut router, &format!("{line}\n"));
    assert!(answer.contains("\"id\":7") && answer.contains("limits.blobs_max"), "{answer:?}");
    let session = router.session(PEER).expect("it is back in its place");
    assert_eq!(session.in_flight(), 0);
}
