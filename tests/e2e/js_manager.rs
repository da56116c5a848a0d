//! The manager for Node of `examples/js-manager`, against the real program.

use std::path::Path;
use std::process::Command;

use crate::support::place::program;
use crate::support::{Place, skip};

#[test]
fn starts_checks_heals_and_stops_a_daemon() {
    let node = Command::new("node").arg("--version").output();
    let version = match node {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
        _ => return skip("node is not installed"),
    };
    let major =
        version.trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    if major < Some(18_u32) {
        return skip("node is older than 18");
    }
    let place = Place::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/js-manager/check.mjs");
    let output = Command::new("node")
        .arg(script)
        .env_clear()
        .env("HOME", place.beside("home"))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GOXE_BIN", program())
        .output()
        .expect("node runs");
    let (said, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{error}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 8, "{said}");
}
