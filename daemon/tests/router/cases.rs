//! Single situations, each as it was found: what waits, what is refused, what ends in between.

use serde_json::{Value, json};

use crate::world::World;

/// An edit that sets one voxel.
pub fn set(project: &str, x: i32, color: &str) -> Value {
    let voxels = json!([{ "at": [x, 0, 0], "color": color }]);
    let edits = json!([{ "edit": "set", "voxels": voxels }]);
    json!({ "project": project, "layer": "main", "edits": edits })
}

/// A world with a project `a` that has two voxels, and a client.
pub fn with_project() -> (World, usize) {
    let mut world = World::new();
    let peer = world.connect();
    world.ask(peer, "project.create", json!({ "project": "a" })).result();
    world.ask(peer, "voxel.edit", set("a", 0, "#ff0000")).result();
    world.ask(peer, "voxel.edit", set("a", 1, "#00ff00")).result();
    (world, peer)
}

#[test]
fn a_cursor_that_expired_is_told_so() {
    let (mut world, peer) = with_project();
    let page = world.ask(peer, "voxel.read", json!({ "project": "a", "limit": 1 }));
    let next = json!({ "project": "a", "limit": 1, "cursor": page.result()["cursor"] });
    world.ask(peer, "voxel.edit", set("a", 2, "#0000ff")).result();
    assert_eq!(world.ask(peer, "voxel.read", next.clone()).result()["voxels"][0]["at"], json!([1, 0, 0]));
    world.pass(world.router.limits.pinned_max * 2);
    assert_eq!(world.ask(peer, "voxel.read", next.clone()).error(), "cursor_expired");
    // The same for a read that was held back behind an edit.
    let edit = world.call(peer, "voxel.edit", set("a", 3, "#0000ff"));
    let read = world.call(peer, "voxel.read", next);
    world.lanes();
    assert!(!world.is_answered(peer, read));
    world.settle();
    world.answer(peer, edit).result();
    assert_eq!(world.answer(peer, read).error(), "cursor_expired");
    world.end();
}
