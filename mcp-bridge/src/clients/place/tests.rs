//! Each client's file, by system and environment.

use std::{collections::BTreeMap, fs};

use super::*;
use crate::clients::CLIENTS;

fn place(client: Client, scope: Scope, is_mac: bool, set: &[(&str, &str)]) -> Option<EntryPlace> {
    let set: BTreeMap<&str, &str> = set.iter().copied().collect();
    let variable = |name: &str| set.get(name).map(OsString::from);
    let (home, project) = (Path::new("/home/ada"), Path::new("/srv/castle"));
    client.place(scope, &Surroundings { home, project, is_mac, variable: &variable })
}

fn file(client: Client, is_mac: bool, set: &[(&str, &str)]) -> String {
    let found = place(client, Scope::User, is_mac, set).expect("every client has a user's file");
    found.file.display().to_string()
}

#[test]
fn every_client_has_its_file_on_both_systems() {
    let check = |client, linux: &str, mac: &str| {
        assert_eq!(file(client, false, &[]), format!("/home/ada/{linux}"), "{client:?}");
        assert_eq!(file(client, true, &[]), format!("/home/ada/{mac}"), "{client:?}");
    };
    let support = |path: &str| format!("Library/Application Support/{path}");
    check(Client::ClaudeCode, ".claude.json", ".claude.json");
    let desktop = "Claude/claude_desktop_config.json";
    check(Client::ClaudeDesktop, &format!(".config/{desktop}"), &support(desktop));
    check(Client::Codex, ".codex/config.toml", ".codex/config.toml");
    check(Client::Cursor, ".cursor/mcp.json", ".cursor/mcp.json");
    check(Client::GeminiCli, ".gemini/settings.json", ".gemini/settings.json");
    let opencode = ".config/opencode/opencode.json";
    check(Client::OpenCode, opencode, opencode);
    check(Client::VsCode, ".config/Code/User/mcp.json", &support("Code/User/mcp.json"));
    check(Client::Zed, ".config/zed/settings.json", ".config/zed/settings.json");
}

#[test]
fn the_environment_moves_what_its_client_lets_it_move() {
    let check = |client, name: &str, value: &str, expect: &str| {
        assert_eq!(file(client, false, &[(name, value)]), expect, "{client:?}");
    };
    check(Client::ClaudeCode, "CLAUDE_CONFIG_DIR", "/c", "/c/.claude.json");
    check(Client::ClaudeDesktop, "XDG_CONFIG_HOME", "/c", "/c/Claude/claude_desktop_config.json");
    check(Client::Codex, "CODEX_HOME", "/c", "/c/config.toml");
    check(Client::Cursor, "XDG_CONFIG_HOME", "/c", "/home/ada/.cursor/mcp.json");
    check(Client::GeminiCli, "GEMINI_CLI_HOME", "/c", "/c/.gemini/settings.json");
    check(Client::OpenCode, "XDG_CONFIG_HOME", "/c", "/c/opencode/opencode.json");
    check(Client::OpenCode, "OPENCODE_CONFIG", "/c/own.jsonc", "/c/own.jsonc");
    check(Client::OpenCode, "OPENCODE_CONFIG_DIR", "/c", "/c/opencode.json");
    check(Client::VsCode, "XDG_CONFIG_HOME", "/c", "/c/Code/User/mcp.json");
    check(Client::Zed, "XDG_CONFIG_HOME", "/c", "/c/zed/settings.json");
    check(Client::Zed, "FLATPAK_XDG_CONFIG_HOME", "/c", "/c/zed/settings.json");
    // A relative one is none, as clients have another folder than we do.
    check(Client::Codex, "CODEX_HOME", "c", "/home/ada/.codex/config.toml");
    // On macOS neither Zed nor desktop applications look at it.
    let set = [("XDG_CONFIG_HOME", "/c")];
    assert_eq!(file(Client::Zed, true, &set), "/home/ada/.config/zed/settings.json");
    assert!(file(Client::VsCode, true, &set).starts_with("/home/ada/Library/"));
}

#[test]
fn scopes_are_those_of_the_client() {
    for client in CLIENTS {
        for scope in [Scope::User, Scope::Project, Scope::Local] {
            let found = place(client, scope, false, &[]);
            assert_eq!(found.is_some(), client.scopes().contains(&scope), "{client:?} {scope:?}");
            let inside = found.is_some_and(|place| place.file.starts_with("/srv/castle"));
            assert_eq!(inside, scope == Scope::Project && found_in_project(client), "{client:?}");
        }
    }
    let local = place(Client::ClaudeCode, Scope::Local, false, &[]).expect("Claude Code has it");
    assert_eq!(local.keys, ["projects", "/srv/castle", "mcpServers", "goxe"]);
    assert_eq!(local.file, Path::new("/home/ada/.claude.json"));
}

fn found_in_project(client: Client) -> bool {
    client.scopes().contains(&Scope::Project)
}

#[test]
fn the_form_with_comments_is_used_where_it_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let variable = |_: &str| None;
    let around = Surroundings {
        home: folder.path(),
        project: folder.path(),
        is_mac: false,
        variable: &variable,
    };
    let found = || Client::OpenCode.place(Scope::Project, &around).expect("a place").file;
    assert!(found().ends_with("opencode.json"));
    fs::write(folder.path().join("opencode.jsonc"), "{}").expect("a file");
    assert!(found().ends_with("opencode.jsonc"));
}

#[test]
fn the_second_form_of_opencode_has_its_servers_deeper() {
    let place = place(Client::OpenCode, Scope::User, false, &[]).expect("a place");
    let keys = |text: &str| place.keys_in(Client::OpenCode, text).join(".");
    assert_eq!(keys(""), "mcp.goxe");
    assert_eq!(keys(r#"{"mcp":{"other":{"type":"local"}}}"#), "mcp.goxe");
    assert_eq!(keys(r#"{"mcp":{"servers":{}}}"#), "mcp.servers.goxe");
    assert_eq!(keys(r#"{"mcp":{"servers":{"type":"local","command":["x"]}}}"#), "mcp.goxe");
}
