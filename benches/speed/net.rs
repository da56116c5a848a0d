//! The socket: requests of all sizes, what a connection costs, how soon the daemon is there.

mod bulk;
mod busy;
mod cancel;
mod idle;
mod requests;
mod start;

use serde_json::json;

use crate::load::{self, Cost, Load};
use crate::server::Server;
use crate::table::print;
use crate::{Choice, Outcome};

/// Runs the group.
pub fn run(choice: &Choice) -> Outcome<()> {
    print(
        "net: requests, against an echo of whole frames on the same processor",
        &requests::run(choice)?,
    );
    print(
        "net: 16 MiB at a time, against a server that only takes or only sends",
        &bulk::run(choice)?,
    );
    print(
        "net: system.status while every lane is busy, against the idle daemon",
        &busy::run(choice)?,
    );
    print("net: a render that is cancelled", &cancel::run(choice)?);
    print("net: start and rest", &start::run(choice)?);
    print("net: memory of a connection", &idle::run(choice)?);
    Ok(())
}

/// Runs a load on a server.
fn measure(server: &Server, load: &Load) -> Outcome<Cost> {
    Ok(load::run(server.socket(), server.pid(), load)?)
}

/// Turns that two servers take in one round.
const TURNS: usize = 4;

/// Runs loads on two servers by short turns, so that a neighbour on the machine disturbs both alike.
fn measure_by_turns(pair: [(&Server, &Load); 2]) -> Outcome<[Cost; 2]> {
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (costs, (server, load)) in costs.iter_mut().zip(pair) {
            costs.push(measure(server, load)?);
        }
    }
    Ok(costs.map(|costs| Cost::mean(&costs)))
}

/// A small project to ask about.
fn prepare(daemon: &Server) -> Outcome<()> {
    let mut client = daemon.client()?;
    client.call("project.create", &json!({"project": "bench"}))?;
    let cube = json!({"edit": "box", "min": [0, 0, 0], "max": [7, 7, 7], "color": "#80ff40"});
    client.call("voxel.edit", &json!({"project": "bench", "edits": [cube]}))?;
    Ok(())
}
