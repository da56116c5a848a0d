//! Who may depend on whom. An arrow that is not drawn here fails.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::none;
use crate::tree::root;

/// From a crate to the crates of ours that it may name.
const ARROWS: [(&str, &[&str]); 6] = [
    ("goxe-engine", &[]),
    ("goxe-protocol", &[]),
    ("goxe-config", &["goxe-protocol"]),
    ("goxe-daemon", &["goxe-engine", "goxe-protocol", "goxe-config"]),
    ("goxe-mcp-bridge", &["goxe-protocol", "goxe-config"]),
    ("goxe", &["goxe-engine", "goxe-protocol", "goxe-config", "goxe-daemon", "goxe-mcp-bridge"]),
];

/// What must not be in a crate's tree of dependencies, however far down.
const ABSENT: [(&str, &[&str]); 4] = [
    ("goxe-engine", &["serde", "serde_json", "tokio", "mio", "nix", "rustix"]),
    ("goxe-protocol", &["tokio", "mio", "nix", "rustix"]),
    ("goxe-config", &["tokio", "mio"]),
    ("goxe-daemon", &["tokio", "rmcp"]),
];

/// What `cargo metadata` tells.
struct Metadata {
    /// Names of the workspace's packages.
    members: BTreeSet<String>,
    /// Direct normal and build dependencies of every package, by name.
    dependencies: BTreeMap<String, BTreeSet<String>>,
}

impl Metadata {
    fn read() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
        let names: BTreeMap<&str, &str> = list(&metadata["packages"])
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let members =
            list(&metadata["workspace_members"]).map(|id| names[text(id)].to_owned()).collect();
        let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let name = names[text(&node["id"])].to_owned();
            let wanted = list(&node["deps"])
                .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
                .map(|dep| names[text(&dep["pkg"])].to_owned());
            dependencies.entry(name).or_default().extend(wanted);
        }
        Metadata { members, dependencies }
    }

    /// Everything below a package.
    fn tree(&self, package: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            for below in self.dependencies.get(next).into_iter().flatten() {
                if seen.insert(below.as_str()) {
                    open.push(below);
                }
            }
        }
        seen
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn crates_name_only_the_crates_they_may() {
    let metadata = Metadata::read();
    let mut violations = Vec::new();
    for member in &metadata.members {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == member) else {
            violations.push(format!("{member} is not on the map"));
            continue;
        };
        let ours = metadata.dependencies[member].intersection(&metadata.members);
        let wrong = ours.filter(|name| !allowed.contains(&name.as_str()));
        violations.extend(wrong.map(|name| format!("{member} -> {name}")));
    }
    none("arrows that are not on the map", &violations);
}

#[test]
fn what_a_crate_must_not_know_is_not_below_it() {
    let metadata = Metadata::read();
    let mut violations = Vec::new();
    for (name, absent) in ABSENT {
        assert!(metadata.members.contains(name), "{name} is no member");
        let tree = metadata.tree(name);
        let wrong = absent.iter().filter(|crate_name| tree.contains(**crate_name));
        violations.extend(wrong.map(|crate_name| format!("{name} -> .. -> {crate_name}")));
    }
    none("crates that know what they must not", &violations);
}

#[test]
fn tokio_is_named_by_the_bridge_alone() {
    let metadata = Metadata::read();
    let names = |name: &&String| {
        metadata.dependencies[name.as_str()].iter().any(|below| below == "tokio" || below == "rmcp")
    };
    let named: Vec<&String> = metadata.members.iter().filter(names).collect();
    assert_eq!(named, ["goxe-mcp-bridge"]);
}
