//! A box of 128^3 voxels, filled by a call over the socket: parsed, prepared, journaled, answered.

use std::hint::black_box;
use std::time::Duration;

use serde_json::json;

use super::seconds;
use crate::load::{self, Load};
use crate::request::{CHANGING_COLOR, Request};
use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

const SIDE: u32 = 128;
const BRICKS: usize = 8 * 8 * 8;
const BRICK_VOXELS: usize = 16 * 16 * 16;
/// What the daemon of Goxel 0.11 with its JSON-RPC interface fills, in millions of voxels a second.
const GOXEL_RATE: f64 = 0.308;

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("V3") {
        return Ok(Vec::new());
    }
    let daemon = Server::daemon(&[])?;
    daemon.client()?.call("project.create", &json!({"project": "bench"}))?;
    let top = SIDE - 1;
    let cube = json!({
        "edit": "box", "min": [0, 0, 0], "max": [top, top, top], "color": CHANGING_COLOR,
    });
    let params = json!({"project": "bench", "edits": [cube]}).to_string();
    let request = Request::new("voxel.edit", &params);
    let load = Load::new(1, 1, &request, Duration::from_millis(500));
    let million = f64::from(SIDE.pow(3)) / 1e6;
    let mut bricks: Vec<Box<[u32; BRICK_VOXELS]>> = vec![Box::new([0; BRICK_VOXELS]); BRICKS];
    let [mut peer, mut least, mut cpu] = [PEER, LEAST, CPU].map(Row::new);
    for _ in 0..ROUNDS {
        let base = million
            / seconds(|| {
                bricks.iter_mut().for_each(|brick| brick.fill(black_box(7)));
                black_box(&bricks);
            })?;
        let cost = load::run(daemon.socket(), daemon.pid(), &load)?;
        // By the median call: a mean would count the moments in which others have the processor.
        let goxe = million / (cost.p50_us / 1e6);
        peer.compare(GOXEL_RATE, goxe);
        least.compare(base, goxe);
        cpu.tell(cost.cpu_us);
    }
    Ok(vec![peer, least, cpu])
}

const PEER: Measure = Measure {
    number: "V3",
    name: "voxels filled, against the Goxel daemon",
    unit: "M/s",
    bound: Bound::AtLeast { must: 100.0, goal: 1000.0 },
    peer: "Goxel daemon 1",
};
const LEAST: Measure = Measure {
    number: "V3",
    name: "voxels filled, against whole bricks",
    unit: "M/s",
    bound: Bound::More { goal: 0.8 },
    peer: "numpy 0.46",
};
const CPU: Measure =
    Measure { number: "V3", name: "CPU of the call", unit: "us", bound: Bound::Told, peer: "-" };
