//! Edits that survive a loss of power, against a file that is appended to and synced.

mod probe;

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::load::{self, Cost, Load};
use crate::request::{CHANGING_COLOR, Request};
use crate::server::Server;
use crate::table::{Bound, Measure, Row, print};
use crate::{Choice, Outcome, ROUNDS, machine};

const DURATION: Duration = Duration::from_millis(700);
const CROWD: usize = 64;

/// Runs the group.
pub fn run(choice: &Choice) -> Outcome<()> {
    let mut rows = Vec::new();
    // The build's folder is on a disk; the system's folder for temporary files need not be.
    let folder =
        tempfile::Builder::new().prefix("disk-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    if choice.wants("D1") {
        machine::pin(0)?;
        let daemon = durable_daemon(&folder.path().join("one"))?;
        let mut row = Row::new(D1);
        for _ in 0..ROUNDS {
            let base = probe::append_and_sync(folder.path(), DURATION)?;
            row.compare(base.as_secs_f64() * 1e6, edit(&daemon, 1)?.p10_us);
        }
        rows.push(row);
        machine::unpin()?;
    }
    if choice.wants("D2") {
        let daemon = durable_daemon(&folder.path().join("many"))?;
        let mut row = Row::new(D2);
        for _ in 0..ROUNDS {
            let base = probe::group_commit(folder.path(), CROWD, DURATION)?;
            row.compare(base / 1e3, edit(&daemon, CROWD)?.rate / 1e3);
        }
        rows.push(row);
    }
    print("disk: durable edits, against appending and syncing", &rows);
    Ok(())
}

/// A daemon that syncs before it answers, with a project to edit.
fn durable_daemon(data: &Path) -> Outcome<Server> {
    let daemon = Server::daemon_on(data, &[("journal.durability", "sync")])?;
    daemon.client()?.call("project.create", &json!({"project": "bench"}))?;
    Ok(daemon)
}

/// Every client recolours a voxel of its own, again and again.
fn edit(daemon: &Server, clients: usize) -> Outcome<Cost> {
    let requests = (0..clients).map(|client| {
        let voxel = json!({"at": [client, 0, 0], "color": CHANGING_COLOR});
        let edit = json!({"edit": "set", "voxels": [voxel]});
        let params = json!({"project": "bench", "edits": [edit]});
        Request::new("voxel.edit", &params.to_string())
    });
    let load =
        Load { connections: clients, depth: 1, requests: requests.collect(), duration: DURATION };
    Ok(load::run(daemon.socket(), daemon.pid(), &load)?)
}

const D1: Measure = Measure {
    number: "D1",
    name: "durable edit, one client: p10",
    unit: "us",
    bound: Bound::Less { goal: 1.15 },
    peer: "sqlite 1.37",
};
const D2: Measure = Measure {
    number: "D2",
    name: "durable edits of 64 clients",
    unit: "k/s",
    bound: Bound::More { goal: 0.9 },
    peer: "redis 0.84",
};
