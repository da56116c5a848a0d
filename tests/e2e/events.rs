//! `goxe daemon start|status --events`: what happens to a daemon, a line each; and how long a start may take.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::place::pid;
use crate::support::wait::PATIENCE;
use crate::support::{Place, skip, until};

/// A `goxe daemon status --json --events` that runs.
struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn start(place: &Place) -> Self {
        let mut command = place.goxe();
        command.args(["daemon", "status", "--json", "--events"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("goxe runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Watch { child, lines }
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        let value: Value = serde_json::from_str(&line).expect("a line of JSON");
        assert!(value["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{value}");
        value
    }

    /// The next event of this name; health may be asked for before it.
    fn event(&mut self, name: &str) -> Value {
        loop {
            let value = self.next();
            if value["event"] == name {
                return value;
            }
            let other = value["event"].as_str().expect("a name").to_owned();
            assert!(["health_check", "recovering", "draining"].contains(&&*other), "{value}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_follower_is_told_of_every_start_and_end() {
    // Health is asked for so rarely that nothing here could be found by looking.
    let place = Place::new().set("manager", "health_ms", 300_000);
    let mut watch = Watch::start(&place);
    let first = watch.next();
    assert_eq!((&first["event"], &first["condition"]), (&json!("status"), &json!("down")));
    assert!(place.endpoint().is_none(), "looking started a daemon");

    place.json(&["daemon", "start"]);
    let serving = place.endpoint().expect("an endpoint file");
    let started = watch.event("started");
    assert_eq!(started["pid"], serving.pid);
    assert_eq!(started["epoch"], serving.epoch);

    kill(pid(serving.pid), Signal::SIGKILL).expect("it runs");
    let stopped = watch.event("stopped");
    assert_eq!((&stopped["pid"], &stopped["failed"]), (&json!(serving.pid), &json!(true)));

    place.json(&["daemon", "start"]);
    let second = watch.event("started")["pid"].clone();
    place.json(&["daemon", "stop"]);
    let stopped = watch.event("stopped");
    assert_eq!((&stopped["pid"], &stopped["failed"]), (&second, &json!(false)));
}

#[test]
fn a_follower_asks_for_health_and_leaves_with_its_reader() {
    let place =
        Place::new().set("manager", "health_ms", 100).variable("GOXE_HEALTH_TIMEOUT", "300ms");
    place.json(&["daemon", "start"]);
    let serving = place.endpoint().expect("an endpoint file").pid;
    let mut watch = Watch::start(&place);
    assert_eq!(watch.next()["condition"], "up");
    for _ in 0..3 {
        let check = watch.event("health_check");
        assert_eq!((&check["pid"], &check["healthy"]), (&json!(serving), &json!(true)));
        assert!(check["latency_us"].is_u64(), "{check}");
    }
    kill(pid(serving), Signal::SIGSTOP).expect("it runs");
    until("a check without an answer", PATIENCE, || {
        (watch.event("health_check")["healthy"] == false).then_some(())
    });
    kill(pid(serving), Signal::SIGCONT).expect("it runs");
    until("it is healthy again", PATIENCE, || {
        (watch.event("health_check")["healthy"] == true).then_some(())
    });
    place.json(&["daemon", "stop"]);
    watch.event("stopped");
    // Nothing happens any more that could be written, and still it sees that nobody reads.
    let Watch { child, lines } = &mut watch;
    let mut other = Watch::start(&place);
    std::mem::swap(lines, &mut other.lines);
    drop(other);
    until("it leaves", PATIENCE, || child.try_wait().expect("our child"));
}

/// The lines of a command, and its exit code.
fn lines(place: &Place, arguments: &[&str]) -> (Vec<Value>, Option<i32>, Value) {
    let output = place.goxe().args(arguments).output().expect("goxe runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let error = serde_json::from_slice(&output.stderr).unwrap_or_default();
    (lines, output.status.code(), error)
}

#[test]
fn a_start_tells_how_it_goes() {
    let place = Place::new();
    let start = ["daemon", "start", "--json", "--events"];
    let (told, code, _) = lines(&place, &start);
    assert_eq!(code, Some(0));
    let names: Vec<&str> = told.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"starting"), Some(&"ready")), "{names:?}");
    assert!(names.contains(&"started"), "{names:?}");
    let ready = told.last().expect("a line");
    assert_eq!(ready["pid"], place.endpoint().expect("an endpoint file").pid);
    assert_eq!(ready["started"], true);
    let (told, code, _) = lines(&place, &start);
    assert_eq!(code, Some(0));
    let names: Vec<&str> = told.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(names, ["attached", "ready"]);
    assert_eq!(told[1]["started"], false);
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_start_that_takes_too_long_ends_with_3() {
    let place = Place::new().variable("GOXE_HEALTH_TIMEOUT", "200ms");
    fs::create_dir_all(place.data()).expect("a data folder");
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let lock = place.data().join("lock");
    // By its words it is a daemon, which could still show itself.
    let mut starting = Command::new("flock");
    starting.arg("-F").arg(&lock).args(["sh", "-c", "read end", "daemon", "run"]);
    let Ok(mut starting) = starting.stdin(Stdio::piped()).spawn() else {
        return skip("there is no flock");
    };
    until("it is held", PATIENCE, || {
        let file = File::open(&lock).ok()?;
        file.try_lock_shared().is_err().then_some(())
    });
    let by_variable =
        place.goxe().env("GOXE_STARTUP_TIMEOUT", "1").args(["daemon", "start"]).output();
    assert_eq!(by_variable.expect("goxe runs").status.code(), Some(3));
    let begun = Instant::now();
    let start = ["daemon", "start", "--json", "--events", "--startup-timeout", "1200ms"];
    let (told, code, error) = lines(&place, &start);
    assert_eq!(code, Some(3), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    assert_eq!(told.last().map(|line| line["event"].clone()), Some(json!("failed")), "{told:?}");
    assert!(
        error["error"]["message"].as_str().is_some_and(|text| text.contains("1.2 s")),
        "{error}"
    );
    starting.kill().expect("it runs");
    starting.wait().expect("it ends");
    place.json(&["daemon", "start", "--startup-timeout", "20"]);
    place.json(&["daemon", "stop"]);
}

#[test]
fn times_in_variables_have_units_and_bounds() {
    let shown = |place: &Place, key: &str| {
        let (section, key) = key.split_once('.').expect("a section");
        place.json(&["config", "show"])[section][key].clone()
    };
    let place = Place::new()
        .variable("GOXE_STARTUP_TIMEOUT", "2min")
        .variable("GOXE_HEALTH_TIMEOUT", "1500ms");
    assert_eq!(shown(&place, "manager.startup_ms"), 120_000);
    assert_eq!(shown(&place, "manager.probe_timeout_ms"), 1_500);
    for (name, value) in [("GOXE_STARTUP_TIMEOUT", "soon"), ("GOXE_HEALTH_TIMEOUT", "2h")] {
        let output = Place::new().variable(name, value).output(&["daemon", "start"]);
        assert_eq!(output.status.code(), Some(2), "{name}={value}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(name), "{said}");
    }
    let both = Place::new()
        .variable("GOXE_STARTUP_TIMEOUT", "30")
        .variable("GOXE_MANAGER_STARTUP_MS", "20000");
    assert_eq!(both.output(&["daemon", "start"]).status.code(), Some(2));
}
