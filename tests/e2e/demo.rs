//! `goxe demo`: the first thing that a newcomer runs.

use std::fs;

use crate::support::Place;

#[test]
fn the_demo_builds_a_scene_and_loses_nothing_to_a_kill() {
    let place = Place::new();
    let folder = place.beside("demo");
    let told = place.json(&["demo", "--folder", folder.to_str().expect("a path")]);
    assert_eq!(told["ok"], true, "{told}");
    let picture = fs::read(told["picture"].as_str().expect("a path")).expect("a picture");
    assert!(picture.starts_with(b"\x89PNG"));
    let model = fs::read(told["model"].as_str().expect("a path")).expect("a model");
    assert!(model.starts_with(b"VOX "));
    assert!(!folder.join("data/endpoint.json").exists(), "its daemon is stopped");
}
