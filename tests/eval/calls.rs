//! Calls of tools as one writes them down, and as errors and answers name them: `TOOL {json}`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::Place;
use crate::support::bridge::{Bridge, ToolAnswer};

/// One call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub tool: String,
    pub arguments: Value,
}

impl Call {
    /// Reads one call that is the whole text.
    #[track_caller]
    pub fn verbatim(text: &str) -> Self {
        let (tool, arguments) = text.split_once(' ').unwrap_or_else(|| panic!("no call: {text}"));
        let arguments = serde_json::from_str(arguments);
        let arguments = arguments.unwrap_or_else(|error| panic!("no JSON in {text}: {error}"));
        Call { tool: tool.to_owned(), arguments }
    }

    /// Reads calls that stand one after the other.
    #[track_caller]
    pub fn list(text: &str) -> Vec<Self> {
        let mut calls = Vec::new();
        let mut rest = text.trim_start();
        while let Some(brace) = rest.find('{') {
            let (tool, json) = rest.split_at(brace);
            let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
            let arguments = values.next().expect("arguments follow the tool");
            let arguments = arguments.unwrap_or_else(|error| panic!("{tool}: {error}"));
            let end = values.byte_offset();
            calls.push(Call { tool: tool.trim().to_owned(), arguments });
            rest = json[end..].trim_start();
        }
        assert!(rest.is_empty(), "no call: {rest}");
        calls
    }

    /// Makes it.
    #[track_caller]
    pub fn make(&self, bridge: &mut Bridge) -> ToolAnswer {
        bridge.tool(&self.tool, self.arguments.clone())
    }
}

/// The folder of the evaluation set.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eval")
}

/// A bridge whose files are beside the data of a place.
pub fn bridge_in(place: &Place, arguments: &[&str]) -> Bridge {
    static BRIDGES: AtomicUsize = AtomicUsize::new(0);
    let mut bridge = unnamed_in(place, arguments);
    bridge.initialize_as(&format!("model {}", BRIDGES.fetch_add(1, Ordering::Relaxed)));
    bridge
}

/// The same before its client has told its name.
pub fn unnamed_in(place: &Place, arguments: &[&str]) -> Bridge {
    let files = place.beside("files");
    fs::create_dir_all(&files).expect("a folder is made");
    let mut command = place.goxe();
    command.current_dir(files);
    Bridge::start_with_arguments(&mut command, arguments)
}

/// The call that an error names, alone on its third line.
#[track_caller]
pub fn next_of_error(answer: &ToolAnswer) -> Call {
    let text = answer.text();
    assert!(answer.is_error(), "it did not fail: {text}");
    let lines: Vec<&str> = text.lines().collect();
    let [_, _, next] = lines[..] else { panic!("not three lines: {text}") };
    let next = next.strip_prefix("Next: ").unwrap_or_else(|| panic!("no next call: {text}"));
    Call::verbatim(next)
}

#[test]
fn calls_are_read_as_they_are_written() {
    let text = "a {\"x\":[1,\n 2]}\n\n b_c {}\n";
    let calls = Call::list(text);
    assert_eq!(calls.len(), 2);
    assert_eq!((calls[0].tool.as_str(), &calls[0].arguments["x"][1]), ("a", &Value::from(2)));
    assert_eq!(calls[1], Call::verbatim("b_c {}"));
}
