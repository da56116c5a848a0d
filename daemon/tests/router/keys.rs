//! Keyed calls sent again: while the first runs, after it, from another connection, to a project
//! that is not in memory.

use serde_json::{Value, json};

use crate::cases::{set, with_project};
use crate::mem_disk::Faults;
use crate::traffic::Traffic;
use crate::world::World;

fn key() -> Value {
    json!({ "idempotency_key": Traffic::new(&[]).key() })
}

fn keyed(world: &mut World, peer: usize, params: Value, key: &Value) -> u64 {
    world.call_with(peer, "voxel.edit", params, key.clone(), None)
}

#[test]
fn whoever_sends_a_key_again_gets_the_first_answer() {
    let (mut world, peer) = with_project();
    let (other, key) = (world.connect(), key());
    let first = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let same = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let joined = keyed(&mut world, other, set("a", 5, "#0000ff"), &key);
    let conflict = keyed(&mut world, other, set("a", 6, "#0000ff"), &key);
    assert_eq!(world.answer(other, conflict).error(), "key_reused");
    let outcome = json!({ "project": "a", "key": key["idempotency_key"] });
    assert_eq!(world.ask(other, "history.outcome", outcome.clone()).result()["outcome"], "running");
    world.settle();
    let answer = world.answer(peer, first).result().clone();
    assert_eq!(*world.answer(peer, same).result(), answer);
    assert_eq!(*world.answer(other, joined).result(), answer);
    // After it, and on a new connection.
    world.disconnect(peer);
    let again = world.connect();
    let later = keyed(&mut world, again, set("a", 5, "#0000ff"), &key);
    assert_eq!(*world.answer(again, later).result(), answer);
    let conflict = keyed(&mut world, again, set("a", 6, "#0000ff"), &key);
    assert_eq!(world.answer(again, conflict).error(), "key_reused");
    let outcome = world.ask(again, "history.outcome", outcome);
    assert_eq!(outcome.result()["outcome"], "committed");
    assert_eq!(outcome.result()["answer"], answer);
    // Another principal's keys are other keys.
    let stranger = world.connect_as(
        "uid:2",
        goxe_protocol::api::Role::Edit,
        goxe_daemon::session::Gate::Open,
        goxe_protocol::inbound::Form::Lines,
    );
    let theirs = keyed(&mut world, stranger, set("a", 7, "#0000ff"), &key);
    world.settle();
    assert_ne!(*world.answer(stranger, theirs).result(), answer);
    world.end();
}

#[test]
fn a_key_of_a_project_on_disk_comes_with_it() {
    let (mut world, peer) = with_project();
    let key = key();
    let first = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    world.settle();
    let answer = world.answer(peer, first).result().clone();
    world.router.limits.projects_bytes_max = 0;
    world.ask(peer, "project.create", json!({ "project": "b" })).result();
    world.ask(peer, "voxel.edit", set("b", 0, "#ff0000")).result();
    assert_eq!(world.router.projects.counts(), (2, 1));
    let again = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let joined = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let read = world.call(peer, "project.info", json!({ "project": "a" }));
    world.settle();
    assert_eq!(*world.answer(peer, again).result(), answer);
    assert_eq!(*world.answer(peer, joined).result(), answer);
    assert_eq!(world.answer(peer, read).result()["revision"], answer["revision"]);
    world.end();
}

#[test]
fn a_keyed_edit_that_failed_may_be_sent_again() {
    let (mut world, peer) = with_project();
    let (other, key) = (world.connect(), key());
    let first = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let joined = keyed(&mut world, other, set("a", 5, "#0000ff"), &key);
    let above = world.call(other, "voxel.edit", set("a", 6, "#0000ff"));
    world.disk.set_faults(Faults { full: true, ..Faults::default() });
    world.settle();
    for (peer, id) in [(peer, first), (other, joined), (other, above)] {
        assert_eq!(world.answer(peer, id).error(), "io");
    }
    let info = world.ask(peer, "project.info", json!({ "project": "a" }));
    assert_eq!(info.result()["voxels"], 2, "nothing of it is visible");
    world.disk.set_faults(Faults::default());
    let again = keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    world.settle();
    assert_eq!(world.answer(peer, again).result()["added"], 1);
    world.end();
}

#[test]
fn a_key_on_a_method_that_does_not_write_is_nothing() {
    let (mut world, peer) = with_project();
    for key in [json!({ "idempotency_key": "no key" }), key()] {
        for _ in 0..2 {
            let params = json!({ "project": "a" });
            let id = world.call_with(peer, "project.info", params, key.clone(), None);
            world.settle();
            world.answer(peer, id).result();
        }
    }
    let wrong = json!({ "idempotency_key": "no key" });
    let id = keyed(&mut world, peer, set("a", 5, "#0000ff"), &wrong);
    assert_eq!(world.answer(peer, id).error(), "invalid_params");
    world.end();
}

#[test]
fn a_project_made_twice_with_one_key_is_one() {
    let (mut world, peer) = with_project();
    let (other, key) = (world.connect(), key());
    let create = |world: &mut World, peer: usize| {
        let params = json!({ "project": "b" });
        world.call_with(peer, "project.create", params, key.clone(), None)
    };
    let first = create(&mut world, peer);
    let joined = create(&mut world, other);
    world.settle();
    let later = create(&mut world, other);
    let answer = world.answer(peer, first).result().clone();
    assert_eq!(*world.answer(other, joined).result(), answer);
    assert_eq!(*world.answer(other, later).result(), answer);
    world.end();
}

#[test]
fn a_call_whose_caller_leaves_goes_on_for_whoever_joined_it() {
    let (mut world, peer) = with_project();
    let (other, key) = (world.connect(), key());
    keyed(&mut world, peer, set("a", 5, "#0000ff"), &key);
    let joined = keyed(&mut world, other, set("a", 5, "#0000ff"), &key);
    world.disconnect(peer);
    world.settle();
    assert_eq!(world.answer(other, joined).result()["added"], 1);
    world.end();
}

#[test]
fn a_call_whose_caller_leaves_is_not_run() {
    let (mut world, peer) = with_project();
    let other = world.connect();
    world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    keyed(&mut world, peer, set("a", 6, "#0000ff"), &key());
    world.disconnect(peer);
    world.settle();
    let count = world.ask(other, "voxel.count", json!({ "project": "a" }));
    assert_eq!(count.result()["voxels"], 2, "nothing that was not taken by the journal");
    world.end();
}
