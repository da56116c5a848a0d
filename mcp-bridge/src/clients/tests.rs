//! Each client's entry is what its own parser makes of it.

use super::*;

/// Characters that a path or a value may have and a careless template breaks on.
const ODD: &str = "/opt/my \"goxe\"/back\\slash/ü\u{7f}/goxe";

fn launch() -> (Vec<String>, Vec<(String, String)>) {
    let arguments = vec!["mcp".to_owned(), "--data".to_owned(), ODD.to_owned()];
    (arguments, vec![("GOXE_DATA".to_owned(), "a\tb".to_owned())])
}

/// Where a client's parser finds command, arguments and environment.
fn found(client: Client, text: &str) -> (String, Vec<String>, String) {
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
    let server = &root[key]["goxe"];
    let words = |value: &Value| -> Vec<String> {
        serde_json::from_value(value.clone()).expect("a list of texts")
    };
    let (command, arguments) = match client {
        Client::OpenCode => {
            let mut command = words(&server["command"]);
            let arguments = command.split_off(1);
            (command.remove(0), arguments)
        }
        _ => (server["command"].as_str().expect("a text").to_owned(), words(&server["args"])),
    };
    let environment = match client {
        Client::OpenCode => &server["environment"],
        _ => &server["env"],
    };
    (command, arguments, environment["GOXE_DATA"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn every_entry_names_the_launch_exactly() {
    let (arguments, environment) = launch();
    for client in CLIENTS {
        let launch = Launch { exe: ODD, arguments: &arguments, environment: &environment };
        let entry = client.entry(launch);
        let (command, words, data) = found(client, &entry.text);
        assert_eq!(command, ODD, "{client:?}");
        assert_eq!(words, arguments, "{client:?}");
        assert_eq!(data, "a\tb", "{client:?}");
        assert!(entry.text.ends_with('\n') && !entry.place.is_empty(), "{client:?}");
    }
}

#[test]
fn names_lead_to_their_clients() {
    for client in CLIENTS {
        assert_eq!(Client::named(client.name()), Some(client));
    }
    assert!(CLIENTS.map(Client::name).is_sorted());
    assert_eq!(Client::named("emacs"), None);
}

#[test]
fn an_entry_without_environment_has_an_empty_one() {
    for client in CLIENTS {
        let entry = client.entry(Launch { exe: "/goxe", arguments: &[], environment: &[] });
        assert_eq!(found(client, &entry.text), ("/goxe".to_owned(), vec![], String::new()));
    }
}
