//! A daemon with guests that falls, comes back, or is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use goxe_protocol::api::guest::{Hints, Tool};
use serde_json::json;

use crate::host::{Host, paths};
use crate::stage::{Made, Stage, names, said, text, tool};

const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

/// A tool of which the first call loses its connection in the middle, and is done all the same.
fn fragile(read_only: bool) -> (Stage, Arc<AtomicUsize>) {
    let hints = Hints { read_only, ..Hints::default() };
    let made = Made::new(vec![Tool { hints, ..tool("lamp") }], |_, talk, times| {
        if times == 1 {
            talk.hang_up();
        }
        Ok(said(&format!("lit by call {times}")))
    });
    let calls = Arc::clone(&made.calls);
    (Stage::with(made), calls)
}

#[tokio::test]
async fn a_call_that_changes_nothing_is_made_again() {
    let (stage, calls) = fragile(true);
    let mut raw = stage.legacy(json!({})).await;
    let answer = raw.request(1, "tools/call", json!({ "name": "lamp" })).await;
    assert_eq!(text(&answer), "lit by call 2");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_call_that_may_change_something_is_never_made_twice() {
    let (stage, calls) = fragile(false);
    let mut raw = stage.legacy(json!({})).await;
    let answer = raw.request(1, "tools/call", json!({ "name": "lamp" })).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(text(&answer).contains("not known"), "{answer}");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_daemon_that_falls_in_the_middle_leaves_its_call_unknown() {
    let made = Made::new(vec![tool("lamp")], |_, talk, _| {
        talk.works(Duration::from_secs(60));
        Ok(said("lit"))
    });
    let calls = Arc::clone(&made.calls);
    let mut stage = Stage::with(made);
    let mut raw = stage.legacy(json!({})).await;
    let call = json!({ "name": "lamp" });
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call })).await;
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    stage.host.end();
    let again = Made::new(vec![tool("lamp")], |_, _, _| Ok(said("lit twice")));
    let twice = Arc::clone(&again.calls);
    stage.host = Host::serve(&paths(stage.folder.path()), again);
    let answer = raw.next().await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let told = text(&answer);
    assert!(told.contains("not known"), "{told}");
    assert!(told.ends_with("Next: look whether it was done before you call it again"), "{told}");
    assert_eq!(twice.load(Ordering::SeqCst), 0, "{told}");
}

#[tokio::test]
async fn tools_stay_listed_while_their_daemon_is_away_and_change_with_the_next_one() {
    let first = Made::new(vec![tool("lamp")], |_, _, _| Ok(said("lit")));
    let mut stage = Stage::with(first);
    let mut raw = stage.legacy(json!({})).await;
    let listed = names(&raw.request(1, "tools/list", json!({})).await, "tools");
    assert!(listed.contains(&"lamp".to_owned()));

    stage.host.end();
    let listed = names(&raw.request(2, "tools/list", json!({})).await, "tools");
    assert!(listed.contains(&"lamp".to_owned()), "a daemon that is away may come back");

    let heater = Made::new(vec![tool("heater")], |_, _, _| Ok(said("warm")));
    stage.host = Host::serve(&paths(stage.folder.path()), heater);
    // The endpoint file tells that there is another one; nobody asked for it.
    assert_eq!(raw.next().await["method"], TOOLS_CHANGED);
    let listed = names(&raw.request(3, "tools/list", json!({})).await, "tools");
    assert!(listed.contains(&"heater".to_owned()) && !listed.contains(&"lamp".to_owned()));
    let answer = raw.request(4, "tools/call", json!({ "name": "heater" })).await;
    assert_eq!(text(&answer), "warm");

    stage.host.end();
    stage.host = Host::alone(&paths(stage.folder.path()));
    assert_eq!(raw.next().await["method"], TOOLS_CHANGED);
    let gone = raw.request(5, "tools/call", json!({ "name": "heater" })).await;
    assert_eq!(gone["error"]["code"], -32602, "{gone}");
}

#[tokio::test]
async fn a_list_that_changes_all_the_time_is_asked_for_now_and_then() {
    let made = Made::new(vec![tool("lamp")], |_, _, _| Ok(said("lit")));
    let stage = Stage::with(made);
    let mut raw = stage.legacy(json!({})).await;
    raw.request(1, "tools/list", json!({})).await;
    let over = Arc::new(AtomicBool::new(false));
    let storm = {
        let (host, over) = (stage.host.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                host.changed();
                // sleep: the storm leaves room for answers on its sockets.
                std::thread::sleep(Duration::from_millis(1));
            }
        })
    };
    let asked = || stage.host.seen().iter().filter(|method| *method == "guest.list").count();
    let (before, begun) = (asked(), std::time::Instant::now());
    for id in 2..8 {
        // Calls go on in the storm.
        let answer = raw.request(id, "tools/call", json!({ "name": "lamp" })).await;
        assert_eq!(text(&answer), "lit");
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    over.store(true, Ordering::Relaxed);
    storm.join().expect("the storm ends");
    let most = begun.elapsed().as_millis() / 100 + 2;
    assert!(u128::try_from(asked() - before).expect("few") <= most, "{} in {most}", asked());
}
