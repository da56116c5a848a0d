//! Setting a client up: its file changed in place, and nothing lost of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use goxe_mcp_bridge::clients::CLIENTS;
use serde_json::{Value, json};

use crate::support::Place;
use crate::support::place::program;

/// A file in the home of a place.
fn at_home(place: &Place, path: &str, text: &str) -> PathBuf {
    let file = place.beside("home").join(path);
    fs::create_dir_all(file.parent().expect("a folder")).expect("folders are made");
    fs::write(&file, text).expect("a file");
    file
}

fn configure(place: &Place, client: &str, more: &[&str]) -> Value {
    place.json(&[&["mcp", "config", "--client", client], more].concat())
}

#[test]
fn every_client_is_set_up_once_and_taken_out_again() {
    let place = Place::new();
    for client in CLIENTS.map(|client| client.name()) {
        let done = configure(&place, client, &["--write"]);
        assert_eq!((&done["change"], &done["written"]), (&json!("added"), &json!(true)), "{done}");
        let file = PathBuf::from(done["file"].as_str().expect("a path"));
        assert!(file.starts_with(place.beside("home")), "{}", file.display());
        let text = fs::read_to_string(&file).expect("it was written");
        // The whole path of the program, and the daemon of this environment.
        assert!(text.contains(program()) && text.contains("--data"), "{client}: {text}");
        let again = configure(&place, client, &["--write"]);
        assert_eq!((&again["change"], &again["written"]), (&json!("same"), &json!(false)));
        assert_eq!(fs::read_to_string(&file).expect("still there"), text);
        let listed = place.json(&["mcp", "config"]);
        let listed = listed["clients"].as_array().expect("a list").clone();
        let ours = listed.iter().find(|entry| entry["client"] == client).expect("it is listed");
        assert_eq!((&ours["state"], &ours["installed"]), (&json!("same"), &json!(true)), "{ours}");
        assert_eq!(configure(&place, client, &["--remove"])["change"], "removed");
        assert_eq!(configure(&place, client, &["--remove"])["change"], "absent");
    }
    assert!(place.endpoint().is_none(), "none of these starts a daemon");
}

const SETTINGS: &str = "// Mine.\n{\n\t\"theme\": \"One\", // dark\n\t\"context_servers\": {\n\t\t\"docs\": { \"command\": \"x\", },\n\t},\n\t\"tail\": [ 1,2 ],\n}\n";

#[test]
fn a_file_with_comments_keeps_them_its_mode_and_the_link_to_it() {
    let place = Place::new();
    let real = at_home(&place, "dotfiles/zed.json", SETTINGS);
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("a mode");
    let link = place.beside("home/.config/zed/settings.json");
    fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
    symlink(&real, &link).expect("a link");

    let shown = configure(&place, "zed", &["--dry-run"]);
    assert_eq!((&shown["change"], &shown["written"]), (&json!("added"), &json!(false)));
    assert!(
        shown["diff"].as_str().is_some_and(|diff| diff.contains("+ \t\t\"goxe\": {")),
        "{shown}"
    );
    assert_eq!(fs::read_to_string(&real).expect("a file"), SETTINGS, "a dry run changes nothing");

    configure(&place, "zed", &["--write"]);
    let text = fs::read_to_string(&real).expect("a file");
    for line in SETTINGS.lines() {
        assert!(text.lines().any(|other| other == line), "{line:?} is gone:\n{text}");
    }
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::metadata(&real).expect("a file").permissions().mode() & 0o777, 0o640);
    configure(&place, "zed", &["--remove"]);
    assert_eq!(fs::read_to_string(&real).expect("a file"), SETTINGS);
    let beside = fs::read_dir(real.parent().expect("a folder")).expect("a folder").count();
    assert_eq!(beside, 1, "no copy is left, which could hold secrets");
}

#[test]
fn another_entry_is_replaced_with_a_notice_and_a_broken_file_is_left_alone() {
    let place = Place::new();
    let codex = "model = \"m\" # mine\n\n[mcp_servers.goxe]\ncommand = \"/old/goxe\"\n";
    let file = at_home(&place, ".codex/config.toml", codex);
    let done = configure(&place, "codex", &["--write"]);
    assert_eq!(
        (&done["change"], &done["before"]["command"]),
        (&json!("replaced"), &json!("/old/goxe"))
    );
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.starts_with("model = \"m\" # mine\n") && !text.contains("/old"), "{text}");

    let broken = "{\n  \"mcpServers\": {\n    \"a\" {}\n  }\n}\n";
    let file = at_home(&place, ".cursor/mcp.json", broken);
    for verb in ["--write", "--remove", "--dry-run"] {
        let arguments = ["--json", "mcp", "config", "--client", "cursor", verb];
        let output = place.output(&arguments);
        assert_eq!(output.status.code(), Some(1), "{verb}");
        let error: Value = serde_json::from_slice(&output.stderr).expect("an error as JSON");
        let told = error["error"]["message"].as_str().expect("a message");
        assert!(told.contains("mcp.json:3:"), "{told}");
        assert_eq!(error["error"]["data"]["line"], 3);
        assert_eq!(fs::read_to_string(&file).expect("a file"), broken);
    }
}

#[test]
fn scopes_and_the_environment_choose_the_file() {
    let place = Place::new().variable("CODEX_HOME", "/nonexistent/codex");
    let project = place.beside("castle");
    fs::create_dir(&project).expect("a folder");
    let file = |client: &str, scope: &str| {
        let mut command = place.goxe();
        command.current_dir(&project).args(["--json", "mcp", "config", "--client", client]);
        let output = command.args(["--scope", scope]).output().expect("goxe runs");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), answer["file"].as_str().unwrap_or_default().to_owned())
    };
    let inside = |path: &str| (Some(0), project.join(path).display().to_string());
    assert_eq!(file("vscode", "project"), inside(".vscode/mcp.json"));
    assert_eq!(file("claude-code", "project"), inside(".mcp.json"));
    assert_eq!(file("codex", "user").1, "/nonexistent/codex/config.toml");
    assert_eq!(file("claude-desktop", "project").0, Some(2));
    assert_eq!(file("cursor", "local").0, Some(2));
}

/// What `goxe mcp check` finds: the exit code, and the steps below their names.
fn check(place: &Place, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let arguments = [&["--json", "mcp", "check"], more].concat();
    let output = place.output(&arguments);
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(answer["ok"] == true, output.status.success(), "{answer}");
    (output.status.code(), answer["checks"].as_array().expect("steps").clone())
}

/// The first step that is bad.
#[track_caller]
fn first_bad(place: &Place, more: &[&str]) -> (String, String) {
    let (code, steps) = check(place, more);
    assert_eq!(code, Some(1), "{steps:?}");
    let bad = steps.iter().find(|step| step["state"] == "bad").expect("a step that is bad");
    let text = |name: &str| bad[name].as_str().expect("a text").to_owned();
    assert!(text("hint").len() > 10, "no next step: {bad}");
    (text("check"), text("text"))
}

#[test]
fn a_check_plays_a_whole_session_and_leaves_nothing_behind() {
    let place = Place::new();
    let (code, steps) = check(&place, &[]);
    assert_eq!(code, Some(0), "{steps:?}");
    let good = |name: &str| {
        let step = steps.iter().find(|step| step["check"] == name).expect(name);
        assert_eq!(step["state"], "good", "{step}");
        step.clone()
    };
    for name in ["command", "start", "call", "daemon", "edit", "cancel", "end", "older era"] {
        good(name);
    }
    assert!(good("tools")["bytes"].as_u64() > Some(1_000));
    assert!(good("render")["bytes"].as_u64() > Some(1_000));
    for arguments in [&["project", "list"][..], &["project", "list", "--trash"]] {
        assert_eq!(place.json(arguments)["projects"], json!([]), "{arguments:?}");
    }
    let (_, steps) = check(&place, &["--read-only"]);
    assert!(steps.iter().any(|step| step["check"] == "edit" && step["state"] == "skipped"));
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_check_finds_what_is_wrong_with_a_clients_file() {
    let place = Place::new();
    let client = ["--client", "cursor", "--read-only"];
    let (step, text) = first_bad(&place, &client);
    assert!(step == "file" && text.contains("no entry goxe"), "{text}");
    let moved = r#"{"mcpServers": {"goxe": {"command": "/opt/old/goxe", "args": ["mcp"]}}}"#;
    let file = at_home(&place, ".cursor/mcp.json", moved);
    let (step, text) = first_bad(&place, &client);
    assert!(step == "command" && text.contains("/opt/old/goxe"), "{text}");
    fs::write(&file, "{ \"mcpServers\": ").expect("a file");
    assert_eq!(first_bad(&place, &client).0, "file");
    let noisy = r#"{"mcpServers": {"goxe": {"command": "/bin/sh", "args": ["-c", "echo Hello"]}}}"#;
    fs::write(&file, noisy).expect("a file");
    let (step, text) = first_bad(&place, &client);
    assert!(step == "stdout" && text.contains("Hello"), "{text}");
    fs::remove_file(&file).expect("a file");
    configure(&place, "cursor", &["--write"]);
    let (code, steps) = check(&place, &client);
    assert_eq!(code, Some(0), "{steps:?}");
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_check_tells_why_there_is_no_daemon() {
    let place = Place::new();
    let file = at_home(&place, "file", "no folder");
    let data = file.join("data");
    let command = [program(), "mcp", "--data", data.to_str().expect("a text")];
    let (step, text) = first_bad(&place, &[&["--"], &command[..]].concat());
    assert!(step == "daemon" && text.len() > 20, "{step}: {text}");
}
