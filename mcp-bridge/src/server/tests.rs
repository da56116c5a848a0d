//! What the server says of itself, and the list of tools.

use serde_json::Value;

use crate::tools::{TOOLS, Tool};

/// The list as it goes over the wire.
fn list() -> Vec<Value> {
    TOOLS.iter().map(|tool| serde_json::to_value(tool.entry()).expect("an entry is JSON")).collect()
}

#[test]
fn the_list_is_small() {
    let list = Value::from(list()).to_string();
    println!("{}", list.len());
    for t in TOOLS {
        let s = serde_json::to_string(&t.entry()).unwrap();
        println!("{} {}\n{}\n", t.name(), s.len(), s);
    }
    assert!(list.len() <= 12_288, "tools/list has {} bytes", list.len());
}
