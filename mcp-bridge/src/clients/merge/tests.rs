//! What is changed, what is kept, and what is refused.

use serde_json::json;

use super::*;

fn keys(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn entry() -> Value {
    json!({ "command": "/opt/goxe", "args": ["mcp"], "env": {} })
}

/// What remains of a text when some of its lines are taken out.
fn is_kept(before: &str, after: &str) -> bool {
    let mut lines = after.lines();
    let plain = |line: &str| line.trim_end().trim_end_matches(',').to_owned();
    before.lines().all(|line| lines.any(|other| plain(other) == plain(line)))
}

const EDITOR: &str = r#"// Settings of the editor.
{
    /* Kept as it is. */ "theme": "dark",   // with a comment
    "servers": {
        // The one that was there first.
        "other": { "command": "x", "args": ["a", "b",], },
    },
    "last": [1, 2,
             3],
}
"#;

#[test]
fn comments_order_and_commas_stay() {
    let merged = set(Form::Json, EDITOR, &keys("servers.goxe"), &entry()).unwrap();
    assert_eq!(merged.change, Change::Added);
    assert!(is_kept(EDITOR, &merged.text), "{}", merged.text);
    // Indented as the file is, with the comma that its neighbours have.
    let expect = "        \"goxe\": {\n            \"command\": \"/opt/goxe\",\n";
    assert!(merged.text.contains(expect), "{}", merged.text);
    // Again changes nothing, and taking it out gives back what was there.
    let again = set(Form::Json, &merged.text, &keys("servers.goxe"), &entry()).unwrap();
    assert_eq!(again, Merged { text: merged.text.clone(), change: Change::Same });
    let removed = remove(Form::Json, &merged.text, &keys("servers.goxe")).unwrap();
    assert_eq!(removed.text, EDITOR);
    assert!(matches!(removed.change, Change::Removed(_)));
}

#[test]
fn tables_that_are_missing_are_made() {
    for before in ["", " \n", "{}", "{ \"a\": 1 }", "// nothing yet\n", "{\n\t\"a\": 1\n}"] {
        let merged = set(Form::Json, before, &keys("projects./x.mcpServers.goxe"), &entry());
        let merged = merged.unwrap();
        let found = read(Form::Json, &merged.text, &keys("projects./x.mcpServers.goxe")).unwrap();
        assert_eq!(found, Some(entry()), "{before:?} -> {}", merged.text);
        for kept in ["\"a\": 1", "// nothing yet"] {
            assert_eq!(before.contains(kept), merged.text.contains(kept), "{}", merged.text);
        }
    }
}

#[test]
fn line_ends_and_the_mark_before_the_text_stay() {
    let before = "\u{feff}{\r\n  \"a\": 1\r\n}\r\n";
    let merged = set(Form::Json, before, &keys("mcpServers.goxe"), &entry()).unwrap();
    assert!(merged.text.starts_with('\u{feff}'));
    assert_eq!(merged.text.matches('\n').count(), merged.text.matches("\r\n").count());
    let before = "a = 1\r\n";
    let merged = set(Form::Toml, before, &keys("mcp_servers.goxe"), &entry()).unwrap();
    assert_eq!(merged.text.matches('\n').count(), merged.text.matches("\r\n").count());
}

#[test]
fn another_entry_of_the_name_is_replaced_and_told() {
    let before = "{\n  \"mcpServers\": {\n    \"goxe\": { \"command\": \"/old\" }, // ours\n    \"b\": {}\n  }\n}\n";
    let merged = set(Form::Json, before, &keys("mcpServers.goxe"), &entry()).unwrap();
    assert_eq!(merged.change, Change::Replaced(json!({ "command": "/old" })));
    assert!(merged.text.contains("// ours") && merged.text.contains("\"b\": {}"));
    assert!(!merged.text.contains("/old"));
}

const CODEX: &str = r#"# My settings.
model = "gpt"            # the quick one
approval = { a = 1 }

[mcp_servers.docs]
command = "npx"   # kept
args = [
  "-y",
]

# About profiles.
[profiles.fast]
model = "small"
"#;

#[test]
fn a_table_is_added_to_toml_and_nothing_else_is_touched() {
    let mut entry = entry();
    entry["tool_timeout_sec"] = json!(300);
    entry["env"] = json!({ "GOXE_LOG_LEVEL": "debug" });
    let merged = set(Form::Toml, CODEX, &keys("mcp_servers.goxe"), &entry).unwrap();
    assert_eq!(merged.change, Change::Added);
    assert!(is_kept(CODEX, &merged.text), "{}", merged.text);
    assert!(merged.text.contains("[mcp_servers.goxe]\n"), "{}", merged.text);
    assert!(merged.text.contains("[mcp_servers.goxe.env]\nGOXE_LOG_LEVEL = \"debug\""));
    let again = set(Form::Toml, &merged.text, &keys("mcp_servers.goxe"), &entry).unwrap();
    assert_eq!(again.change, Change::Same);
    let removed = remove(Form::Toml, &merged.text, &keys("mcp_servers.goxe")).unwrap();
    assert_eq!(removed.text, CODEX);
    // A file without servers gets no line of its own for the table around them.
    let fresh = set(Form::Toml, "", &keys("mcp_servers.goxe"), &entry).unwrap();
    assert!(fresh.text.starts_with("[mcp_servers.goxe]\n"), "{}", fresh.text);
}

#[test]
fn an_inline_table_of_toml_stays_one() {
    let before = "mcp_servers = { docs = { command = \"npx\" } }\nmodel = \"m\"\n";
    let merged = set(Form::Toml, before, &keys("mcp_servers.goxe"), &entry()).unwrap();
    assert_eq!(merged.text.lines().count(), 2, "{}", merged.text);
    let found = read(Form::Toml, &merged.text, &keys("mcp_servers.docs")).unwrap();
    assert_eq!(found, Some(json!({ "command": "npx" })));
}

#[test]
fn what_is_broken_is_refused_with_its_place() {
    let check = |form, text: &str, expect: &str| {
        let told = |error: MergeError| error.to_string();
        let error = told(set(form, text, &keys("mcpServers.goxe"), &entry()).unwrap_err());
        assert!(error.contains(expect), "{text:?}: {error}");
        assert_eq!(told(remove(form, text, &keys("mcpServers.goxe")).unwrap_err()), error);
    };
    check(Form::Json, "{\n  \"a\": 1,\n  b: 2\n}", "line 3, column 3");
    check(Form::Json, "{ \"a\": ", "line 1");
    check(Form::Json, "{\n \"a\": 1\n \"b\": 2 }", "line 2, column 8");
    check(Form::Json, "[1]", "no JSON object");
    check(Form::Json, "{ \"mcpServers\": [] }", "\"mcpServers\" is no table");
    check(Form::Json, "{ \"mcpServers\": {}, \"mcpServers\": {} }", "stands twice");
    check(Form::Json, &format!("{}1{}", "[".repeat(5000), "]".repeat(5000)), "line 1");
    check(Form::Toml, "a = 1\nb = = 2\n", "line 2, column 5");
    check(Form::Toml, "mcpServers = 3\n", "\"mcpServers\" is no table");
}

#[test]
fn nothing_is_taken_out_of_what_has_nothing() {
    for (form, text) in [(Form::Json, EDITOR), (Form::Json, ""), (Form::Toml, CODEX)] {
        let removed = remove(form, text, &keys("none.goxe")).unwrap();
        assert_eq!(removed, Merged { text: text.to_owned(), change: Change::Absent });
    }
}
