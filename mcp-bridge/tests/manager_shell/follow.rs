//! Following a daemon across lost connections, gaps and restarts.

use std::time::Duration;

use goxe_mcp_bridge::manager::{Happening, Manager};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::fake::{Deed, Fake, Memory, paths};
use crate::{LONG, options};

const NO_START: &str = "exit 2";

fn event(seq: u64) -> Value {
    let data = json!({ "project": "castle", "what": "edited", "author": "ann" });
    json!({ "subscription": "s", "seq": seq, "topic": "project", "data": data })
}

/// What is told next, in short; what the manager itself does is not looked at.
async fn next(happenings: &mut mpsc::Receiver<Happening>) -> String {
    loop {
        let happening = timeout(LONG, happenings.recv()).await.expect("in time").expect("more");
        return match happening {
            Happening::Before(note) => format!("before {}", note.seq),
            Happening::Anew => "anew".to_owned(),
            Happening::Event(note) => format!("event {}", note.seq),
            Happening::Gap => "gap".to_owned(),
            Happening::Lost => "lost".to_owned(),
            Happening::Notice(_) => continue,
        };
    }
}

async fn told(happenings: &mut mpsc::Receiver<Happening>, expect: &[&str]) {
    for expected in expect {
        assert_eq!(next(happenings).await, *expected);
    }
}

fn subscribed_after(fake: &Fake) -> Vec<Value> {
    let memory = fake.memory();
    let asked = memory.seen.iter().filter(|seen| seen.method == "event.subscribe");
    asked.map(|seen| seen.params["after"].clone()).collect()
}

#[tokio::test]
async fn the_past_is_told_first_and_as_the_past() {
    let data = tempfile::tempdir().expect("a folder");
    let memory = Memory::of(vec![event(1), event(2)]);
    let fake = Fake::serve_with(&paths(data.path()), "a1", memory, |_| Deed::Usual);
    let manager = Manager::open(options(data.path(), NO_START));
    let mut happenings = manager.follow();
    told(&mut happenings, &["before 1", "before 2", "anew"]).await;
    fake.happen(event(3));
    told(&mut happenings, &["event 3"]).await;
    fake.happen(json!({ "subscription": "s", "seq": 9, "topic": "gap", "data": {} }));
    fake.happen(event(9));
    told(&mut happenings, &["gap", "event 9"]).await;
}

#[tokio::test]
async fn what_happened_while_the_connection_was_lost_is_not_missed() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    let manager = Manager::open(options(data.path(), NO_START));
    let mut happenings = manager.follow();
    told(&mut happenings, &["anew"]).await;
    fake.happen(event(1));
    told(&mut happenings, &["event 1"]).await;
    fake.hang_up();
    fake.happen(event(2));
    // It is the same daemon: nothing else can have changed.
    told(&mut happenings, &["lost", "event 2"]).await;
    assert_eq!(subscribed_after(&fake), [json!(0), json!(1)]);
}

#[tokio::test]
async fn a_daemon_that_comes_later_is_followed_and_one_in_its_place_anew() {
    let data = tempfile::tempdir().expect("a folder");
    let manager = Manager::open(options(data.path(), NO_START));
    std::fs::create_dir_all(&paths(data.path()).data).expect("the data folder");
    let mut happenings = manager.follow();
    let quiet = timeout(Duration::from_millis(200), happenings.recv()).await;
    assert!(quiet.is_err(), "nothing is started for it: {quiet:?}");
    let first = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    told(&mut happenings, &["anew"]).await;
    first.happen(event(7));
    told(&mut happenings, &["event 7"]).await;
    first.end();
    told(&mut happenings, &["lost"]).await;
    let memory = Memory::of(vec![event(1)]);
    let second = Fake::serve_with(&paths(data.path()), "b2", memory, |_| Deed::Usual);
    told(&mut happenings, &["before 1", "anew"]).await;
    assert_eq!(subscribed_after(&second), [json!(0)]);
}

#[tokio::test]
async fn peeking_asks_a_daemon_that_runs_and_starts_none() {
    let data = tempfile::tempdir().expect("a folder");
    let manager = Manager::open(options(data.path(), NO_START));
    assert!(manager.peek("project.list", &json!({})).await.is_none());
    let fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    let answer = manager.peek("project.list", &json!({})).await.expect("an answer");
    assert_eq!(answer.parse::<Value>().expect("JSON")["run"], 1);
    fake.set_state("recovering");
    assert!(manager.peek("project.list", &json!({})).await.is_none());
}
