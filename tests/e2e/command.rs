//! The command line as a person or a script uses it: every verb, exit codes, JSON.

use std::fs;

use serde_json::{Value, json};

use crate::support::Place;

/// A file beside the data folder, as text.
fn beside(place: &Place, name: &str) -> String {
    place.beside(name).to_str().expect("a text").to_owned()
}

/// The exit code and the error that a command ended with.
#[track_caller]
fn refused(place: &Place, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = place.goxe().arg("--json").args(arguments).output().expect("goxe runs");
    assert!(output.stdout.is_empty(), "an error is on standard error alone");
    let error: Value = serde_json::from_slice(&output.stderr).expect("an error as JSON");
    (output.status.code(), error["error"].clone())
}

#[test]
fn projects_by_hand() {
    let place = Place::new();
    let (picture, file) = (beside(&place, "castle.png"), beside(&place, "castle.vox"));
    place.json(&["project", "create", "castle"]);
    let edit = json!({ "project": "castle", "edits": [
        { "edit": "box", "min": [0, 0, 0], "max": [15, 15, 3], "color": "#808080" },
        { "edit": "sphere", "center": [8, 8, 9], "radius": 5, "color": "#c81e1e" } ] });
    let edited = place.json(&["call", "voxel.edit", &edit.to_string()]);
    place.json(&["project", "render", "castle", &picture, "--view", "front", "--size", "200x100"]);
    assert!(fs::read(&picture).expect("a picture").starts_with(b"\x89PNG"));
    place.json(&["project", "export", "castle", &file]);
    place.json(&["project", "import", &file, "copy"]);
    let shown = place.json(&["project", "show", "copy"]);
    assert_eq!(shown["voxels"], edited["added"]);
    place.json(&["project", "rename", "copy", "second"]);
    place.json(&["project", "delete", "second"]);
    let trash = place.json(&["project", "list", "--trash"]);
    assert!(trash.to_string().contains("second"), "{trash}");
    place.json(&["project", "restore", "second"]);
    let history = place.json(&["project", "history", "castle"]);
    assert!(history.to_string().contains("group"), "{history}");

    let (code, error) = refused(&place, &["project", "show", "none"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error["message"].is_string() && error["hint"].is_string(), "{error}");
    let (code, error) = refused(&place, &["project", "render", "castle", &picture]);
    assert_eq!(code, Some(1), "a file that is there is kept: {error}");
    assert_eq!(refused(&place, &["project", "explode"]).0, Some(2));
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_backup_taken_while_it_runs_fills_an_empty_folder() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    for project in ["castle", "tower"] {
        client.create(project);
        for number in 1..=20 {
            client.mark(project, number);
        }
    }
    client.call("history.undo", json!({ "project": "tower" }));
    let (castle, tower) = (client.content("castle"), client.content("tower"));
    let store = client.call("system.status", json!({}))["store"].clone();
    let file = beside(&place, "backup");
    place.json(&["backup", &file]);
    assert_eq!(refused(&place, &["backup", &file]).0, Some(1), "a file that is there is kept");

    let other = Place::new();
    other.json(&["restore", &file]);
    let restored = other.daemon();
    let mut client = restored.client();
    assert!(client.content("castle") == castle && client.content("tower") == tower);
    client.call("history.redo", json!({ "project": "tower" }));
    assert_ne!(client.call("system.status", json!({}))["store"], store, "a lineage of its own");
    restored.stop();
    assert_eq!(refused(&other, &["restore", &file]).0, Some(1), "a folder that holds something");
    daemon.stop();
}

#[test]
fn a_journal_is_checked_and_dumped_without_its_daemon() {
    let place = Place::new();
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    client.mark("castle", 1);
    daemon.kill();
    drop(daemon);
    let checked = place.json(&["journal", "check"]);
    assert!(checked.to_string().contains("castle"), "{checked}");
    let dumped = place.json(&["journal", "dump"]);
    assert!(dumped.to_string().contains("castle"), "{dumped}");
    assert!(place.endpoint().is_some(), "nothing was changed");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_with_its_place() {
    let place = Place::new();
    let file = place.beside("goxe.toml");
    fs::write(&file, "[limits]\npeers_max = 10\nidle_ms_maxx = 5\n").expect("a file");
    let path = file.to_str().expect("a text");
    let output = place.output(&["--config", path, "config", "check"]);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("goxe.toml:3") && said.contains("idle_ms_max"), "{said}");

    fs::write(&file, "[limits]\npeers_max = 10\n").expect("a file");
    let arguments = ["--config", path, "config", "show", "--origin"];
    let shown = shown_text(place.goxe().args(arguments));
    let line = shown.lines().find(|line| line.contains("peers_max")).expect("the key");
    assert!(line.contains("10") && line.contains("goxe.toml"), "{line}");
}

fn shown_text(command: &mut std::process::Command) -> String {
    let output = command.output().expect("goxe runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a text")
}

#[test]
fn papers_are_printed() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = shown_text(place.goxe().args(["completions", shell]));
        assert!(script.contains("voxel.edit") || script.contains("project"), "{shell}");
    }
    let folder = place.beside("man");
    fs::create_dir(&folder).expect("a folder");
    shown_text(place.goxe().args(["man", folder.to_str().expect("a text")]));
    let pages = fs::read_dir(&folder).expect("a folder").count();
    assert!(pages > 10, "{pages} man pages");
    for client in ["claude-code", "codex", "cursor", "vscode"] {
        let entry = place.json(&["mcp", "config", "--client", client]);
        assert!(entry["text"].as_str().is_some_and(|text| text.contains("mcp")), "{entry}");
    }
    assert_eq!(refused(&place, &["mcp", "config", "--client", "none"]).0, Some(2));
    let doctor = place.goxe().args(["--json", "doctor"]).output().expect("goxe runs");
    serde_json::from_slice::<Value>(&doctor.stdout).expect("JSON");
    assert!(place.endpoint().is_none(), "none of these starts a daemon");
}
