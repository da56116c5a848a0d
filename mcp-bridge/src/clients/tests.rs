//! Each client's entry is what its own parser makes of it.

use super::*;

/// Characters that a path or a value may have and a careless template breaks on.
const ODD: &str = "/opt/my \"goxe\"/back\\slash/ü\u{7f}/goxe";

fn launch() -> (Vec<String>, Vec<(String, String)>) {
    let arguments = vec!["mcp".to_owned(), "--data".to_owned(), ODD.to_owned()];
    (arguments, vec![("GOXE_DATA".to_owned(), "a\tb".to_owned())])
}

/// The entry where a client's parser finds it.
fn parsed(client: Client, text: &str) -> Value {
    let root: Value = match client {
        Client::Codex => {
            let table: toml::Table = text.parse().expect("TOML");
            serde_json::to_value(table).expect("JSON")
        }
        _ => serde_json::from_str(text).expect("JSON"),
    };
    let key = match client {
        Client::Codex => "mcp_servers",
        Client::OpenCode => "mcp",
        Client::VsCode => "servers",
        Client::Zed => "context_servers",
        _ => "mcpServers",
    };
    root[key]["goxe"].clone()
}

#[test]
fn every_entry_names_the_launch_exactly() {
    let (arguments, environment) = launch();
    for client in CLIENTS {
        let launch = Launch { exe: ODD, arguments: &arguments, environment: &environment };
        let text = client.text(launch);
        assert!(text.ends_with('\n'), "{client:?}");
        let started = client.started(&parsed(client, &text)).expect("a whole entry");
        let command = [vec![ODD.to_owned()], arguments.clone()].concat();
        let expect = Started { command, environment: environment.clone(), enabled: true };
        assert_eq!(started, expect, "{client:?}");
    }
}

#[test]
fn names_lead_to_their_clients() {
    for client in CLIENTS {
        assert_eq!(Client::named(client.name()), Some(client));
        assert!(!client.title().is_empty() && !client.notice().is_empty());
    }
    assert!(CLIENTS.map(Client::name).is_sorted());
    assert_eq!(Client::named("emacs"), None);
}

#[test]
fn what_was_switched_off_or_is_no_command_is_told_apart() {
    let entry = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let started = |client: Client, text: &str| client.started(&entry(text));
    let off = r#"{"type":"local","command":["/goxe","mcp"],"enabled":false}"#;
    assert!(started(Client::OpenCode, off).is_some_and(|started| !started.enabled));
    let off = r#"{"command":"/goxe","disabled":true}"#;
    assert!(started(Client::Cursor, off).is_some_and(|started| !started.enabled));
    let older = r#"{"source":"custom","command":{"path":"/goxe","args":["mcp"],"env":{}}}"#;
    assert!(started(Client::Zed, older).is_some_and(|started| started.command[1] == "mcp"));
    for text in [r#"{"url":"http://x"}"#, r#"{"command":""}"#, "3", r#"{"command":[]}"#] {
        assert_eq!(started(Client::Cursor, text), None, "{text}");
    }
}
