//! Health while every lane is busy: the loop must not notice. What it shares a processor with costs it
//! something whoever that is, so the idle daemon has as many busy threads of a stranger beside it.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::measure;
use crate::load::{self, Load};
use crate::request::Request;
use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS, machine};

const DURATION: Duration = Duration::from_millis(600);
const LANES: usize = 2;
/// Clients that keep the lanes busy: more than there are lanes.
const CROWD: usize = 8;

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("health") {
        return Ok(Vec::new());
    }
    machine::pin(0)?;
    let daemon = Server::daemon(&[("lanes.count", &LANES.to_string())])?;
    let mut client = daemon.client()?;
    client.call("project.create", &json!({"project": "large"}))?;
    let ball = json!({"edit": "sphere", "center": [0, 0, 0], "radius": 90, "color": "#80ff40"});
    client.call("voxel.edit", &json!({"project": "large", "edits": [ball]}))?;
    let slow = Request::new("voxel.histogram", r#"{"project":"large"}"#);
    let crowd = Load::new(CROWD, 1, &slow, DURATION * 4);
    let status = Load::new(1, 1, &Request::new("system.status", "{}"), DURATION);
    let (mut cpu, mut latency, mut busy) = (Row::new(CPU), Row::new(P50), Row::new(BUSY));
    for _ in 0..ROUNDS {
        let idle = beside_strangers(|| measure(&daemon, &status))?;
        let (socket, pid) = (daemon.socket(), daemon.pid());
        let loaded = thread::scope(|scope| -> Outcome<load::Cost> {
            let crowd = scope.spawn(|| load::run(socket, pid, &crowd));
            // sleep: the crowd is in full swing when its own warm-up is over.
            thread::sleep(DURATION);
            let loaded = measure(&daemon, &status)?;
            let state = client.call("system.status", &json!({}))?;
            busy.tell(state["lanes_busy"].as_f64().unwrap_or_default());
            crowd.join().map_err(|_| "the crowd ended by a panic")??;
            Ok(loaded)
        })?;
        cpu.compare(idle.loop_cpu_us, loaded.loop_cpu_us);
        latency.compare(idle.p50_us, loaded.p50_us);
    }
    machine::unpin()?;
    Ok(vec![cpu, latency, busy])
}

/// Runs while other threads of this process, as many as there are lanes, want the same processor.
fn beside_strangers<T>(run: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let mut memory = vec![0_u8; 1 << 20];
                while !stop.load(Ordering::Relaxed) {
                    memory.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
                    black_box(&memory);
                }
            });
        }
        let done = run();
        stop.store(true, Ordering::Relaxed);
        done
    })
}

const CPU: Measure = Measure {
    number: "-",
    name: "the event loop's CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.25, goal: 1.1 },
    peer: "-",
};
const P50: Measure = Measure {
    number: "-",
    name: "p50, three threads on one processor",
    unit: "us",
    bound: Bound::Told,
    peer: "-",
};
const BUSY: Measure = Measure {
    number: "-",
    name: "lanes that were busy, of 2",
    unit: "",
    bound: Bound::Told,
    peer: "-",
};
