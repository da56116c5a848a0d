//! Small and middling requests: the daemon beside a server that only gives whole frames back.

use std::time::Duration;

use super::{measure_by_turns, prepare};
use crate::limit::Reply;
use crate::load::Load;
use crate::request::Request;
use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS, machine};

/// How long one load runs in one turn of a round.
const DURATION: Duration = Duration::from_millis(120);

/// A load, the one of the base, and what is judged of it.
struct Case {
    base: Load,
    goxe: Load,
    cpu: Measure,
    /// Where the latency is judged too.
    latency: Option<Measure>,
}

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    let cases: Vec<Case> =
        cases().into_iter().filter(|case| choice.wants(case.cpu.number)).collect();
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    machine::pin(0)?;
    let limit = Server::limit(Reply::Echo)?;
    let daemon = Server::daemon(&[])?;
    prepare(&daemon)?;
    let mut cases: Vec<(Case, Row, Option<Row>)> = cases
        .into_iter()
        .map(|case| {
            let (cpu, latency) = (Row::new(case.cpu), case.latency.map(Row::new));
            (case, cpu, latency)
        })
        .collect();
    for _ in 0..ROUNDS {
        for (case, cpu, latency) in &mut cases {
            let [base, goxe] = measure_by_turns([(&limit, &case.base), (&daemon, &case.goxe)])?;
            cpu.compare(base.cpu_us, goxe.cpu_us);
            if let Some(latency) = latency {
                latency.compare(base.p50_us, goxe.p50_us);
            }
        }
    }
    machine::unpin()?;
    let rows = cases.into_iter().flat_map(|(_, cpu, latency)| [Some(cpu), latency]);
    Ok(rows.flatten().collect())
}

fn load(connections: usize, depth: usize, request: &Request) -> Load {
    Load::new(connections, depth, request, DURATION)
}

fn cases() -> Vec<Case> {
    let small = Request::echo(100);
    let json = Request::echo(256 << 10);
    let attached = Request::attached("system.echo", "{}", &vec![b'x'; 256 << 10]);
    let get = Request::new("voxel.get", r#"{"project":"bench","at":[[1,2,3]]}"#);
    let count = Request::new("voxel.count", r#"{"project":"bench"}"#);
    let status = Request::new("system.status", "{}");
    let same = |connections, depth, request: &Request, cpu, latency| Case {
        base: load(connections, depth, request),
        goxe: load(connections, depth, request),
        cpu,
        latency,
    };
    let other = |request: &Request, cpu, latency| Case {
        base: load(1, 1, &small),
        goxe: load(1, 1, request),
        cpu,
        latency,
    };
    vec![
        same(1, 1, &small, N1_CPU, Some(N1_P50)),
        same(1, 32, &small, N2, None),
        same(8, 16, &small, N3, None),
        same(64, 1, &small, N4, None),
        same(1, 1, &json, N7_JSON, None),
        same(1, 1, &attached, N7_ATTACHED, None),
        other(&get, N9_CPU, Some(N9_P50)),
        other(&count, COUNT, None),
        other(&status, STATUS, None),
    ]
}

const N1_CPU: Measure = Measure {
    number: "N1",
    name: "C=1 P=1, 100 B: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.15, goal: 1.10 },
    peer: "redis PING 1.15",
};
const N1_P50: Measure = Measure {
    number: "N1",
    name: "C=1 P=1, 100 B: p50",
    unit: "us",
    bound: Bound::AtMost { must: 1.15, goal: 1.10 },
    peer: "redis PING 1.16",
};
const N2: Measure = Measure {
    number: "N2",
    name: "C=1 P=32, 100 B: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.9, goal: 1.75 },
    peer: "redis PING 1.82",
};
const N3: Measure = Measure {
    number: "N3",
    name: "C=8 P=16, 100 B: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.25, goal: 1.17 },
    peer: "redis PING 1.20",
};
const N4: Measure = Measure {
    number: "N4",
    name: "C=64 P=1, 100 B: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.2, goal: 1.12 },
    peer: "tokio, one thread 1.18",
};
const N7_JSON: Measure = Measure {
    number: "N7",
    name: "C=1 P=1, 256 KiB of JSON: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.9, goal: 1.6 },
    peer: "tokio 2.34",
};
const N7_ATTACHED: Measure = Measure {
    number: "N7",
    name: "C=1 P=1, 256 KiB attached: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 1.2, goal: 1.10 },
    peer: "redis ECHO 1.31",
};
const N9_CPU: Measure = Measure {
    number: "N9",
    name: "a read on a lane, C=1 P=1: CPU a request",
    unit: "us",
    bound: Bound::AtMost { must: 2.3, goal: 1.9 },
    peer: "zbus 1.92",
};
const N9_P50: Measure = Measure {
    number: "N9",
    name: "a read on a lane, C=1 P=1: p50",
    unit: "us",
    bound: Bound::AtMost { must: 2.0, goal: 1.7 },
    peer: "zbus 1.91",
};
const COUNT: Measure = Measure {
    number: "N9",
    name: "voxel.count, C=1 P=1: CPU a request",
    unit: "us",
    bound: Bound::Told,
    peer: "-",
};
const STATUS: Measure = Measure {
    number: "N1",
    name: "system.status, C=1 P=1: CPU a request",
    unit: "us",
    bound: Bound::Told,
    peer: "-",
};
