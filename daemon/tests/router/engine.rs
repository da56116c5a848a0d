//! An engine that is slow or panics: it costs the call that asked for it, and nobody else.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use goxe_daemon::edit::EditFn;
use goxe_daemon::handlers;
use goxe_daemon::lanes::Lanes;
use goxe_daemon::router::route::{Handler, Route};
use goxe_daemon::work::ReadFn;
use goxe_protocol::api;
use serde_json::{Value, json};

use crate::cases::{set, with_project};

/// A real method with another handler.
fn with(name: &str, handler: Handler) -> Option<&'static Route> {
    let info = api::find(name)?;
    let weigh = handlers::route(name)?.weigh;
    Some(Box::leak(Box::new(Route { info, handler, weigh })))
}

fn panics(name: &str) -> Option<&'static Route> {
    const EDIT: EditFn = |_| panic!("an edit nobody thought of");
    const READ: ReadFn = |_| panic!("a read nobody thought of");
    match name {
        "layer.create" => with(name, Handler::Edit(EDIT)),
        "layer.list" => with(name, Handler::Read(READ)),
        _ => handlers::route(name),
    }
}

#[test]
fn a_panic_of_the_engine_costs_one_answer() {
    let (mut world, peer) = with_project();
    world.router.routes = panics;
    let layer = json!({ "project": "a", "layer": "x" });
    let before = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    let edit = world.call(peer, "layer.create", layer);
    let after = world.call(peer, "voxel.edit", set("a", 6, "#0000ff"));
    let read = world.call(peer, "layer.list", json!({ "project": "a" }));
    let info = world.call(peer, "project.info", json!({ "project": "a" }));
    world.settle();
    for id in [edit, read] {
        assert_eq!(world.answer(peer, id).error(), "engine_fault");
    }
    for id in [before, after] {
        assert_eq!(world.answer(peer, id).result()["added"], 1);
    }
    assert_eq!(world.answer(peer, info).result()["voxels"], 4);
    world.end();
}

type Gate = (Mutex<Option<Sender<()>>>, Mutex<Option<Receiver<()>>>);

/// The edit says that it began, and goes on when it is told to.
static BEGAN: LazyLock<Gate> = LazyLock::new(gate);
static GO: LazyLock<Gate> = LazyLock::new(gate);

fn gate() -> Gate {
    let (sender, receiver) = channel();
    (Mutex::new(Some(sender)), Mutex::new(Some(receiver)))
}

fn held(name: &str) -> Option<&'static Route> {
    const EDIT: EditFn = |input| {
        // It is begun again, as it takes long; the second time it does not.
        if let Some(began) = BEGAN.0.lock().unwrap().take() {
            began.send(()).unwrap();
            GO.1.lock().unwrap().take().unwrap().recv().unwrap();
        }
        let Some(Handler::Edit(edit)) = handlers::route("layer.create").map(|r| r.handler) else {
            panic!("no handler")
        };
        edit(input)
    };
    match name {
        "layer.create" => with(name, Handler::Edit(EDIT)),
        _ => handlers::route(name),
    }
}

#[test]
fn a_strand_that_is_held_holds_nobody_else() {
    let (mut world, peer) = with_project();
    world.router.routes = held;
    let other = world.connect();
    world.ask(other, "project.create", json!({ "project": "b" })).result();
    let lanes = Lanes::start(2, 64, &world.context).unwrap();
    let create = world.call(peer, "layer.create", json!({ "project": "a", "layer": "x" }));
    let behind = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    world.hand_over(&lanes);
    let began = BEGAN.1.lock().unwrap().take().unwrap();
    began.recv_timeout(Duration::from_secs(20)).unwrap();
    let calls: Vec<u64> = (0..50)
        .flat_map(|x| {
            let edit = world.call(other, "voxel.edit", set("b", x, "#0000ff"));
            let read = world.call(other, "project.info", json!({ "project": "b" }));
            let snapshot = world.call(other, "project.info", json!({ "project": "a" }));
            world.serve_until(&lanes, |world| {
                [edit, read, snapshot].iter().all(|id| world.is_answered(other, *id))
            });
            [edit, read, snapshot]
        })
        .collect();
    for id in calls {
        world.answer(other, id).result();
    }
    assert!(!world.is_answered(peer, create) && !world.is_answered(peer, behind));
    GO.0.lock().unwrap().take().unwrap().send(()).unwrap();
    world.serve_until(&lanes, |world| world.is_answered(peer, behind));
    world.answer(peer, create).result();
    let Value::Number(_) = world.answer(peer, behind).result()["added"].clone() else {
        panic!("the edit behind it was done");
    };
    world.serve_until(&lanes, |world| world.router.is_quiet());
    lanes.join();
    world.end();
}
