//! Calls over a link that breaks, to a daemon that drains, hangs or forgets.

use std::time::Duration;

use goxe_mcp_bridge::manager::{Call, CallError, Condition, Kind, Manager, Notice, Progress};
use goxe_protocol::error::Code;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fake::{Deed, Fake, Memory, paths};
use crate::{LONG, edit, options, read};

const NO_START: &str = "echo 'the disk is full' >&2; exit 2";

#[tokio::test]
async fn a_running_daemon_is_attached_to() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    let manager = Manager::open(options(data.path(), NO_START));
    let mut events = manager.events();
    let reply = manager.call(read("project.list")).await.expect("an answer");
    assert_eq!(reply.parse::<Value>().expect("JSON")["run"], 1);
    assert!(matches!(events.recv().await, Ok(Notice::Attached { .. })));
    let info = manager.ensure(LONG).await.expect("a daemon");
    assert_eq!(info.hello.epoch, "a1");
    let status = manager.status().await;
    assert_eq!((status.condition, status.pid), (Condition::Up, Some(std::process::id())));
    assert_eq!(fake.memory().executed, 1);
}

#[tokio::test]
async fn a_read_is_sent_again_after_the_link_is_lost() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "project.list" if seen.times == 1 => Deed::Drop,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    manager.call(read("project.list")).await.expect("an answer");
    assert_eq!(fake.memory().executed, 1);
}

#[tokio::test]
async fn an_edit_whose_reply_is_lost_is_sent_again_with_its_key_and_runs_once() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" if seen.times == 1 => Deed::CommitAndDrop,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let reply = manager.call(edit("voxel.edit")).await.expect("an answer");
    assert_eq!(reply.parse::<Value>().expect("JSON")["run"], 1);
    let memory = fake.memory();
    let keys: Vec<_> = memory
        .seen
        .iter()
        .filter(|seen| seen.method == "voxel.edit")
        .map(|seen| &seen.key)
        .collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].is_some());
    assert_eq!(keys[0], keys[1]);
    assert_eq!(memory.executed, 1);
}

#[tokio::test]
async fn an_edit_lost_twice_is_asked_for_in_the_history() {
    let data = tempfile::tempdir().expect("a folder");
    let lose = |seen: &crate::fake::Seen| match (seen.method.as_str(), seen.times) {
        ("voxel.edit", 1) => Deed::Drop,
        ("voxel.edit", 2) => Deed::CommitAndDrop,
        _ => Deed::Usual,
    };
    let fake = Fake::serve(&paths(data.path()), "a1", lose);
    let manager = Manager::open(options(data.path(), NO_START));
    let reply = manager.call(edit("voxel.edit")).await.expect("the recorded answer");
    assert!(reply.record().is_some());
    assert_eq!(reply.parse::<Value>().expect("JSON")["run"], 1);
    let memory = fake.memory();
    let asked = memory.seen.iter().find(|seen| seen.method == "history.outcome");
    assert_eq!(asked.expect("it was asked").params["project"], "p");
}

#[tokio::test]
async fn an_edit_that_left_no_trace_is_not_done() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" => Deed::Drop,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let error = manager.call(edit("voxel.edit")).await.expect_err("it is lost twice");
    assert!(matches!(error, CallError::NotDone(_)), "{error}");
    assert!(error.to_string().ends_with("Nothing was changed."), "{error}");
    let sent = fake.memory().seen.iter().filter(|seen| seen.method == "voxel.edit").count();
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn an_edit_is_unknown_only_while_no_daemon_can_be_had() {
    let data = tempfile::tempdir().expect("a folder");
    let _fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" => Deed::Fall,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let call = Call { kind: Kind::Edit { key: "k-1".to_owned() }, ..edit("voxel.edit") };
    let error = manager.call(call).await.expect_err("nobody is left");
    let CallError::Unknown { key, .. } = &error else { panic!("{error}") };
    assert_eq!(key, "k-1");
    let text = error.to_string();
    assert!(text.contains("the disk is full"), "{text}");
    assert!(text.contains("ask history.outcome with the key k-1"), "{text}");
}

#[tokio::test]
async fn a_new_daemon_is_told_of_an_edit_that_the_old_one_may_have_done() {
    let data = tempfile::tempdir().expect("a folder");
    let paths = paths(data.path());
    let first = Fake::serve(&paths, "a1", |seen| match seen.method.as_str() {
        "voxel.edit" => Deed::Hold,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), "sleep 60"));
    let pending = manager.begin(edit("voxel.edit")).await.expect("a manager");
    while !first.memory().seen.iter().any(|seen| seen.method == "voxel.edit") {
        tokio::task::yield_now().await;
    }
    let committed = first.memory().seen.iter().find_map(|seen| seen.key.clone()).expect("a key");
    first.end();
    // The journal had it when the first one fell.
    let mut memory = Memory::default();
    memory.committed.insert(committed, json!({ "run": 77 }));
    let second = Fake::serve_with(&paths, "b2", memory, |_| Deed::Usual);
    let reply = pending.finish().await.expect("the first answer");
    assert_eq!(reply.parse::<Value>().expect("JSON")["run"], 77);
    assert_eq!(second.memory().executed, 0);
}

#[tokio::test]
async fn a_call_is_cancelled_over_the_control_connection() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "render.image" => Deed::Hold,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let pending = manager.begin(read("render.image")).await.expect("a manager");
    while !fake.memory().seen.iter().any(|seen| seen.method == "render.image") {
        tokio::task::yield_now().await;
    }
    pending.canceller().cancel().await;
    let error = pending.finish().await.expect_err("it is cancelled");
    let CallError::Answer(answer) = &error else { panic!("{error}") };
    assert_eq!(answer.code, Code::Cancelled);
}

#[tokio::test]
async fn giving_a_call_up_cancels_it_in_the_daemon() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "render.image" => Deed::Hold,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let call = tokio::time::timeout(Duration::from_millis(200), manager.call(read("render.image")));
    assert!(call.await.is_err());
    while !fake.memory().seen.iter().any(|seen| seen.method == "system.cancel") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn progress_reaches_the_caller() {
    let data = tempfile::tempdir().expect("a folder");
    let _fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "render.image" => Deed::Progress,
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let (progress, mut heard) = mpsc::channel(8);
    let call = Call { progress: Some(progress), ..read("render.image") };
    let pending = manager.begin(call).await.expect("a manager");
    let expect = Progress { done: 1, total: 2, message: "half".to_owned() };
    assert_eq!(heard.recv().await, Some(expect));
    drop(pending);
}

#[tokio::test]
async fn a_daemons_own_error_is_passed_on() {
    let data = tempfile::tempdir().expect("a folder");
    let _fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" => Deed::Refuse(Code::Conflict),
        _ => Deed::Usual,
    });
    let manager = Manager::open(options(data.path(), NO_START));
    let error = manager.call(edit("voxel.edit")).await.expect_err("a conflict");
    let CallError::Answer(answer) = &error else { panic!("{error}") };
    assert_eq!(answer.code, Code::Conflict);
}

#[tokio::test]
async fn a_daemon_that_recovers_is_waited_for() {
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    fake.set_state("recovering");
    let manager = Manager::open(options(data.path(), NO_START));
    let call = manager.call(read("project.list"));
    let recovered = async {
        while fake.memory().seen.iter().filter(|seen| seen.method == "system.status").count() < 3 {
            tokio::task::yield_now().await;
        }
        fake.set_state("ready");
    };
    let (reply, ()) = tokio::join!(call, recovered);
    reply.expect("an answer");
}

#[tokio::test]
async fn large_attachments_pass_both_ways_at_once() {
    let data = tempfile::tempdir().expect("a folder");
    let _fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    let manager = Manager::open(options(data.path(), NO_START));
    let bytes = vec![7_u8; 8 << 20];
    let call = || Call { attachment: Some(bytes.clone()), ..edit("voxel.write") };
    let (one, two) = tokio::join!(manager.call(call()), manager.call(call()));
    one.expect("an answer");
    two.expect("an answer");
}

#[test]
fn an_edit_that_was_sent_when_its_manager_ends_is_unknown() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let data = tempfile::tempdir().expect("a folder");
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" | "guest.call" => Deed::Hold,
        _ => Deed::Usual,
    });
    let managing = runtime();
    let once = Call { kind: Kind::Once, ..edit("guest.call") };
    let calls = [Call { kind: Kind::Edit { key: "k-1".to_owned() }, ..edit("voxel.edit") }, once];
    let [edited, called] = managing.block_on(async {
        let manager = Manager::open(options(data.path(), NO_START));
        let mut pending = Vec::new();
        for call in calls {
            let method = call.method.clone();
            pending.push(manager.begin(call).await.expect("a manager"));
            while !fake.memory().seen.iter().any(|seen| seen.method == method) {
                tokio::task::yield_now().await;
            }
        }
        <[_; 2]>::try_from(pending).expect("two calls")
    });
    managing.shutdown_background();
    let error = runtime().block_on(edited.finish()).expect_err("nobody answers");
    assert!(matches!(&error, CallError::Unknown { key, .. } if key == "k-1"), "{error}");
    let error = runtime().block_on(called.finish()).expect_err("nobody answers");
    assert!(matches!(error, CallError::Lost(_)), "{error}");
}
