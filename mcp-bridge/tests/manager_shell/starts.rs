//! Starts of real processes: detached, at most one, healed when they hang, told when they fail.

use std::path::Path;
use std::time::{Duration, Instant};

use goxe_mcp_bridge::manager::{
    Call, CallError, Condition, Manager, Notice, Options, StopHow, blocking,
};
use goxe_protocol::error::Code;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use crate::fake::{Deed, Fake, paths};
use crate::{LONG, edit, options, read};

/// Where a fake daemon of its own process finds its data folder.
const DATA: &str = "GOXE_TEST_FAKE_DATA";

/// Not a test: the daemon that the tests below start, which is this test binary.
#[test]
#[ignore = "it is the daemon of other tests, and never ends by itself"]
fn fake_daemon() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let paths = paths(Path::new(&data));
    let epoch = format!("{:016x}", std::process::id());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut told = signal(SignalKind::user_defined1()).expect("a handler");
        let fake = Fake::serve(&paths, &epoch, |_| Deed::Usual);
        fake.sign();
        while told.recv().await.is_some() {
            fake.bind();
        }
    });
}

/// A shell script that notes its start and becomes the fake daemon.
fn script(data: &Path) -> String {
    let data = data.display();
    let program = std::env::current_exe().expect("a path");
    let program = program.display();
    format!(
        "echo $$ >> {data}/started; {DATA}={data} exec {program} --exact starts::fake_daemon --ignored"
    )
}

fn started(data: &Path) -> Vec<i32> {
    let text = std::fs::read_to_string(data.join("started")).unwrap_or_default();
    text.lines().map(|line| line.parse().expect("a pid")).collect()
}

/// Ends every daemon that a test started, also when it fails.
struct Started<'a>(&'a Path);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        for pid in started(self.0) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

fn starting(data: &Path) -> Options {
    options(data, &script(data))
}

#[tokio::test]
async fn an_absent_daemon_is_started_in_a_session_of_its_own() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let manager = Manager::open(starting(data.path()));
    let mut events = manager.events();
    manager.call(edit("voxel.edit")).await.expect("an answer");
    let pids = started(data.path());
    assert_eq!(pids.len(), 1);
    assert_eq!(events.recv().await, Ok(Notice::Starting { attempt: 1 }));
    let Ok(Notice::Started { pid, attempt, .. }) = events.recv().await else { panic!("a start") };
    assert_eq!((i32::try_from(pid), attempt), (Ok(pids[0]), 1));
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let session = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().nth(3);
    assert_eq!(session, Some(pid.to_string().as_str()));
}

#[tokio::test]
async fn many_managers_start_one_daemon_and_all_get_answers() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let managers: Vec<_> = (0..20).map(|_| Manager::open(starting(data.path()))).collect();
    let calls: Vec<_> = managers
        .iter()
        .cloned()
        .map(|manager| tokio::spawn(async move { manager.call(edit("voxel.edit")).await }))
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("an answer");
    }
    assert_eq!(started(data.path()).len(), 1);
}

#[tokio::test]
async fn a_daemon_that_falls_is_replaced_and_one_that_hangs_is_killed_first() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let manager = Manager::open(starting(data.path()));
    let mut events = manager.events();
    manager.call(read("project.list")).await.expect("an answer");
    kill(Pid::from_raw(started(data.path())[0]), Signal::SIGKILL).expect("it lives");
    manager.call(read("project.list")).await.expect("an answer of the second");
    let second = started(data.path())[1];
    kill(Pid::from_raw(second), Signal::SIGSTOP).expect("it lives");
    tokio::time::sleep(Duration::from_millis(250)).await; // the health known becomes old
    manager.call(read("project.list")).await.expect("an answer of the third");
    assert_eq!(started(data.path()).len(), 3);
    let mut restarts = 0;
    let mut unanswered = 0;
    while let Ok(notice) = events.try_recv() {
        match notice {
            Notice::Restarted { .. } => restarts += 1,
            Notice::HealthCheck { latency_us: None, .. } => unanswered += 1,
            _ => {}
        }
    }
    assert_eq!(restarts, 2);
    // Once more if the second restart had to pause: after a pause a judgement is made anew.
    assert!(unanswered == 1 || unanswered == 2, "judged {unanswered} times");
}

#[tokio::test]
async fn a_draining_daemon_is_waited_for_by_its_lock_and_then_replaced() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let fake = Fake::serve(&paths(data.path()), "a1", |seen| match seen.method.as_str() {
        "voxel.edit" => Deed::Refuse(Code::ShuttingDown),
        _ => Deed::Usual,
    });
    let manager = Manager::open(starting(data.path()));
    manager.call(read("project.list")).await.expect("an answer");
    fake.set_state("draining");
    let drained = async {
        while !fake.memory().seen.iter().any(|seen| seen.method == "voxel.edit") {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(started(data.path()).len(), 0, "nothing is started beside it");
        fake.end();
    };
    let (reply, ()) = tokio::join!(manager.call(edit("voxel.edit")), drained);
    reply.expect("an answer of the new one");
    assert_eq!(started(data.path()).len(), 1);
}

#[tokio::test]
async fn a_start_that_cannot_succeed_is_told_at_once_with_its_last_words() {
    let data = tempfile::tempdir().expect("a folder");
    let words = "echo 'goxe.toml:3:7: unknown key' >&2; exit 2";
    let manager = Manager::open(options(data.path(), words));
    let begun = Instant::now();
    let error = manager.call(edit("voxel.edit")).await.expect_err("no daemon");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let text = error.to_string();
    assert!(text.contains("exit code 2"), "{text}");
    assert!(text.contains("goxe.toml:3:7: unknown key"), "{text}");
    assert!(text.ends_with("Nothing was changed."), "{text}");
    assert!(error.is_no_daemon());
}

#[tokio::test]
async fn failed_starts_use_up_a_budget_that_another_manager_sees() {
    let data = tempfile::tempdir().expect("a folder");
    let script =
        format!("echo $$ >> {}/started; echo no memory >&2; exit 1", data.path().display());
    let manager = Manager::open(options(data.path(), &script));
    let error = manager.call(read("project.list")).await.expect_err("no daemon");
    let text = error.to_string();
    assert!(text.contains("failed 5 starts") && text.contains("no memory"), "{text}");
    assert_eq!(started(data.path()).len(), 5);
    let other = Manager::open(options(data.path(), &script));
    let status = other.status().await;
    assert_eq!((status.condition, status.starts_failed), (Condition::Failed, 5));
    other.call(read("project.list")).await.expect_err("the budget is used up");
    assert_eq!(started(data.path()).len(), 5);
    // A person may try at any time, once for each time asked.
    other.start(LONG).await.expect_err("it fails still");
    assert_eq!(started(data.path()).len(), 6);
    std::fs::write(data.path().join("starts"), b"\0garbage").expect("the record");
    assert_eq!(other.status().await.starts_failed, 0);
}

#[tokio::test]
async fn without_autostart_an_absent_daemon_is_said_to_be_absent() {
    let data = tempfile::tempdir().expect("a folder");
    let mut options = starting(data.path());
    options.settings.autostart = false;
    let manager = Manager::open(options);
    let error = manager.call(read("project.list")).await.expect_err("no daemon");
    assert!(matches!(&error, CallError::NotDone(reason) if reason.is_no_daemon()), "{error}");
    assert_eq!(started(data.path()).len(), 0);
}

#[tokio::test]
async fn a_daemon_whose_socket_was_removed_is_told_to_make_it_anew() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let first = Manager::open(starting(data.path()));
    first.call(read("project.list")).await.expect("an answer");
    std::fs::remove_file(&paths(data.path()).socket).expect("it was there");
    let other = Manager::open(starting(data.path()));
    other.call(read("project.list")).await.expect("an answer of the same");
    assert_eq!(started(data.path()).len(), 1, "it was not replaced");
    first.call(read("project.list")).await.expect("and its link holds");
}

#[tokio::test]
async fn a_daemon_that_says_it_is_full_is_waited_for() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let fake = Fake::serve(&paths(data.path()), "a1", |_| Deed::Usual);
    fake.set_state("full");
    let manager = Manager::open(starting(data.path()));
    let call = Call::read("project.list", &serde_json::json!({}), Duration::from_secs(2));
    let error = manager.call(call.expect("an object")).await.expect_err("no place");
    assert!(error.to_string().contains("no place for another client"), "{error}");
    let freed = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fake.set_state("ready");
    };
    let (reply, ()) = tokio::join!(manager.call(read("project.list")), freed);
    reply.expect("an answer");
    assert_eq!(started(data.path()).len(), 0, "nothing is started beside it");
}

#[test]
fn the_command_line_starts_stops_and_restarts() {
    let data = tempfile::tempdir().expect("a folder");
    let _ended = Started(data.path());
    let manager = blocking::Manager::open(starting(data.path())).expect("a runtime");
    assert_eq!(manager.status().condition, Condition::Down);
    let first = manager.start(LONG).expect("a daemon");
    assert_eq!(manager.status().condition, Condition::Up);
    let second = manager.restart(LONG).expect("a daemon");
    assert_ne!(first.hello.epoch, second.hello.epoch);
    assert!(manager.stop(StopHow::Drain).expect("it stops"));
    assert_eq!(manager.status().condition, Condition::Down);
    assert!(!manager.stop(StopHow::Drain).expect("none runs"));
}
