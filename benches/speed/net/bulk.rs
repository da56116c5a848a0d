//! Large attachments in one direction, and in both.

use std::time::Duration;

use serde_json::json;

use super::measure_by_turns;
use crate::limit::Reply;
use crate::load::Load;
use crate::request::Request;
use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS, machine};

const BYTES: usize = 16 << 20;
const DURATION: Duration = Duration::from_millis(200);

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("N8") {
        return Ok(Vec::new());
    }
    machine::pin(0)?;
    let bytes = vec![0x5a; BYTES];
    let daemon = Server::daemon(&[])?;
    let mut client = daemon.client()?;
    let made = client.call("blob.create", &json!({"bytes": BYTES}))?;
    let blob = made["blob"].as_str().ok_or("a blob without an id")?;
    client.send("blob.write", &json!({"blob": blob, "offset": 0}), &bytes)?;
    let range = json!({"blob": blob, "offset": 0}).to_string();
    let write = Request::attached("blob.write", &range, &bytes);
    let read = Request::new("blob.read", &range);
    let echo = Request::attached("system.echo", "{}", &bytes);
    let cases = [
        (IN, Reply::Head, &write, &write),
        (DROPPED, Reply::Head, &write, &Request::notified(&bytes)),
        (OUT, Reply::Fill(BYTES), &read, &read),
        (BOTH, Reply::Echo, &echo, &echo),
    ];
    let mut rows = Vec::new();
    for (measured, reply, base, goxe) in cases {
        let [base, goxe] = [base, goxe].map(|request| Load::new(1, 1, request, DURATION));
        let mut row = Row::new(measured);
        let limit = Server::limit(reply)?;
        for _ in 0..ROUNDS {
            let [base, goxe] = measure_by_turns([(&limit, &base), (&daemon, &goxe)])?;
            row.compare(base.cpu_us / 1e3, goxe.cpu_us / 1e3);
        }
        rows.push(row);
    }
    machine::unpin()?;
    Ok(rows)
}

const IN: Measure = Measure {
    number: "N8",
    name: "16 MiB in (blob.write): CPU",
    unit: "ms",
    bound: Bound::AtMost { must: 1.4, goal: 1.15 },
    peer: "redis SET 2.3 x an echo",
};
const DROPPED: Measure = Measure {
    number: "N8",
    name: "16 MiB in, and dropped: CPU",
    unit: "ms",
    bound: Bound::Told,
    peer: "-",
};
const OUT: Measure = Measure {
    number: "N8",
    name: "16 MiB out (blob.read): CPU",
    unit: "ms",
    bound: Bound::AtMost { must: 1.4, goal: 1.15 },
    peer: "-",
};
const BOTH: Measure = Measure {
    number: "N8",
    name: "16 MiB echoed: CPU",
    unit: "ms",
    bound: Bound::Less { goal: 1.0 },
    peer: "tarpc 2.4",
};
