//! How long a lane goes on with a render that nobody wants any more.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

/// Moments at which a render is given up, counted from when a lane has it: in each of its phases.
const MOMENTS_MS: [u64; 8] = [0, 10, 30, 60, 120, 250, 500, 900];

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("cancel") {
        return Ok(Vec::new());
    }
    let daemon = Server::daemon(&[])?;
    let mut client = daemon.client()?;
    client.call("project.create", &json!({"project": "large"}))?;
    let shell = [
        json!({"edit": "sphere", "center": [0, 0, 0], "radius": 90, "color": "#80ff40"}),
        json!({"edit": "box", "min": [-90, -90, -92], "max": [90, 90, -90], "color": "#a08060"}),
    ];
    client.call("voxel.edit", &json!({"project": "large", "edits": shell}))?;
    let render = json!({"project": "large", "width": 4096, "height": 4096, "job": true});
    let (mut median, mut longest) = (Row::new(MEDIAN), Row::new(LONGEST));
    for _ in 0..ROUNDS {
        let mut times = Vec::new();
        for moment in MOMENTS_MS {
            let job = client.call("render.image", &render)?["job"].clone();
            while client.call("system.status", &json!({}))?["lanes_busy"] != 1 {}
            // sleep: the render has to get this far.
            thread::sleep(Duration::from_millis(moment));
            let asked = Instant::now();
            let found = client.call("job.cancel", &json!({ "job": job }))?["found"].clone();
            while client.call("system.status", &json!({}))?["lanes_busy"] != 0 {}
            if found == true {
                times.push(asked.elapsed().as_secs_f64() * 1e3);
            }
        }
        times.sort_unstable_by(f64::total_cmp);
        median.tell(times.get(times.len() / 2).copied().ok_or("no render was long enough")?);
        longest.tell(times.last().copied().unwrap_or_default());
    }
    Ok(vec![median, longest])
}

const MEDIAN: Measure = Measure {
    number: "cancel",
    name: "render of 4096 x 4096, until its lane is free",
    unit: "ms",
    bound: Bound::Less { goal: 5.0 },
    peer: "-",
};
const LONGEST: Measure = Measure {
    number: "cancel",
    name: "the longest of eight moments",
    unit: "ms",
    bound: Bound::AtMost { must: 50.0, goal: 20.0 },
    peer: "-",
};
