//! Many callers at once, through many bridges on one daemon: every answer comes, to who asked, and memory stays flat.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::processes::own_kib;
use crate::support::{Bridge, Place, Rng, count};

const BRIDGES: u64 = 20;
const CALLERS: u64 = 16;
/// One call in so many writes.
const WRITES: u64 = 16;
/// Growth of the daemon's memory that is no leak: an image that is being written takes some MiB for a moment. A hundred
/// bytes a call would be more in a full soak.
const DAEMON_SLACK_KIB: u64 = 8 << 10;
/// The same for a bridge, which keeps nothing.
const BRIDGE_SLACK_KIB: u64 = 1 << 10;
/// How long an answer may take while everybody asks.
const LONG: Duration = Duration::from_secs(120);

/// One of the callers behind a bridge: it owns a voxel, whose colour nobody else has.
struct Caller {
    at: [u64; 3],
    color: String,
    /// The colour that its edit on the way would give the voxel.
    next: Option<String>,
}

impl Caller {
    fn arguments(&mut self, project: &str, rng: &mut Rng) -> (&'static str, Value) {
        if rng.below(WRITES) > 0 {
            return ("voxels_read", json!({ "read": "at", "project": project, "at": [self.at] }));
        }
        // The high bits say whose it is, the low ones are new.
        let color = format!("{}{:02x}", &self.color[..5], rng.below(256));
        let voxels = json!([{ "at": self.at, "color": color }]);
        self.next = Some(color);
        let edits = json!([{ "edit": "set", "voxels": voxels }]);
        ("voxels_edit", json!({ "project": project, "edits": edits }))
    }

    #[track_caller]
    fn check(&mut self, answer: &Value) {
        let data = &answer["result"]["structuredContent"];
        assert!(answer["result"]["isError"] != true && data.is_object(), "{answer}");
        match self.next.take() {
            Some(color) => {
                assert!(data["revision"].is_string(), "the answer to another call: {answer}");
                self.color = color;
            }
            None => assert_eq!(data["voxels"][0]["color"], self.color, "{answer}"),
        }
    }
}

/// One bridge with its callers, each of whom has one call under way at any time.
struct Crowd {
    bridge: Bridge,
    project: String,
    callers: Vec<Caller>,
    rng: Rng,
}

impl Crowd {
    fn new(place: &Place, number: u64, seed: u64) -> Self {
        let bridge = match number % 2 {
            0 => Bridge::legacy(place),
            _ => Bridge::modern(place),
        };
        let mut crowd = Crowd {
            bridge,
            project: format!("castle {number}"),
            callers: Vec::new(),
            rng: Rng::new(seed ^ number),
        };
        let create = json!({ "action": "create", "project": crowd.project });
        assert!(!crowd.bridge.tool("project", create).is_error());
        for caller in 0..CALLERS {
            let at = [number, caller, 0];
            let color = format!("#{:04x}00", number * CALLERS + caller + 1);
            let voxels = json!([{ "at": at, "color": color }]);
            let edits = json!([{ "edit": "set", "voxels": voxels }]);
            let arguments = json!({ "project": crowd.project, "edits": edits });
            assert!(!crowd.bridge.tool("voxels_edit", arguments).is_error());
            crowd.callers.push(Caller { at, color, next: None });
        }
        crowd
    }

    /// So many calls of all callers together, none of which is lost.
    fn call(&mut self, calls: u64) {
        let mut asked: HashMap<u64, usize> = HashMap::new();
        let mut left = calls;
        let mut ask = |crowd: &mut Self, caller: usize, asked: &mut HashMap<u64, usize>| {
            if left > 0 {
                left -= 1;
                let (name, arguments) =
                    crowd.callers[caller].arguments(&crowd.project, &mut crowd.rng);
                let params = json!({ "name": name, "arguments": arguments });
                asked.insert(crowd.bridge.ask("tools/call", params), caller);
            }
        };
        (0..self.callers.len()).for_each(|caller| ask(self, caller, &mut asked));
        while !asked.is_empty() {
            let answer = self.bridge.next(LONG);
            let id = answer["id"].as_u64().expect("an answer");
            let caller = asked.remove(&id).expect("nobody asked this, or it was answered before");
            self.callers[caller].check(&answer);
            ask(self, caller, &mut asked);
        }
    }
}

/// All crowds at once.
fn call_all(crowds: &mut [Crowd], calls: u64) {
    let barrier = Barrier::new(crowds.len());
    thread::scope(|scope| {
        for crowd in crowds {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                crowd.call(calls / BRIDGES);
            });
        }
    });
}

#[test]
fn sixteen_behind_each_of_twenty_bridges_get_their_own_answers_in_flat_memory() {
    // What is kept of edits is bounded low, so that memory settles within the first calls.
    let place = Place::new()
        .set("idempotency", "keys_max", 16)
        .set("engine", "history_groups_max", 16)
        .set("journal", "image_after_bytes", 65_536)
        .set("journal", "segment_bytes", 65_536);
    let seed = Rng::of_test().next();
    let mut crowds: Vec<Crowd> =
        (0..BRIDGES).map(|number| Crowd::new(&place, number, seed)).collect();
    let daemon = place.endpoint().expect("an endpoint file").pid;
    let bridges: Vec<u32> = crowds.iter().map(|crowd| crowd.bridge.pid()).collect();
    let memory = || {
        let of_bridges: Vec<u64> = bridges.iter().map(|pid| own_kib(*pid)).collect();
        (own_kib(daemon), of_bridges)
    };
    let calls = count(6_000);
    call_all(&mut crowds, calls.div_ceil(3));
    let (daemon_before, bridges_before) = memory();
    call_all(&mut crowds, calls - calls.div_ceil(3));
    let (daemon_after, bridges_after) = memory();
    let most = bridges_after.iter().max().copied().unwrap_or_default();
    println!(
        "{calls} calls; daemon {daemon_before} -> {daemon_after} KiB, the largest bridge {most} KiB"
    );
    assert!(
        daemon_after <= daemon_before + DAEMON_SLACK_KIB,
        "{daemon_before} KiB became {daemon_after}"
    );
    for (before, after) in bridges_before.iter().zip(&bridges_after) {
        assert!(*after <= before + BRIDGE_SLACK_KIB, "a bridge: {before} KiB became {after}");
    }
    for crowd in crowds {
        assert!(crowd.bridge.leave().success());
    }
    assert_eq!(place.endpoint().expect("an endpoint file").pid, daemon);
    place.json(&["daemon", "stop"]);
}
