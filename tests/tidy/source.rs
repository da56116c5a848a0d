//! What every source file keeps to.

use crate::none;
use crate::tree::files;

/// Lines of code in one file: comments, blank lines and tests are not counted.
const CODE_LINES_MAX: usize = 400;

#[test]
fn files_are_short() {
    let mut violations = Vec::new();
    for file in files(&[".rs"]).iter().filter(|file| !file.is_test()) {
        let is_code = |line: &str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let lines = file.product_lines().filter(|(_, line)| is_code(line)).count();
        if lines > CODE_LINES_MAX {
            violations.push(format!("{}: {lines} lines", file.path));
        }
    }
    none("files over 400 lines of code: split them where the interface is narrow", &violations);
}

#[test]
fn files_say_what_they_are() {
    let silent = |path: &String| format!("{path}: begins without a //! sentence");
    let violations: Vec<String> = files(&[".rs"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| silent(&file.path))
        .collect();
    none("files that do not say what they are", &violations);
}

/// Code that waits for time instead of an event says why, on its line or the one above.
#[test]
fn sleeps_have_a_reason() {
    let call = concat!("thread::", "sleep(");
    let mut violations = Vec::new();
    for file in files(&[".rs"]) {
        let mut above = "";
        for (number, line) in file.product_lines() {
            let reason = concat!("// sleep", ": ");
            if line.contains(call) && !line.contains(reason) && !above.contains(reason) {
                violations.push(format!("{}:{number}", file.path));
            }
            above = line;
        }
    }
    none("sleeps without a reason in a `// sleep: ` comment", &violations);
}

/// Cores: they take input and a time, and return output. A folder or a file.
const CORES: [&str; 9] = [
    "daemon/src/router",
    "daemon/src/session.rs",
    "daemon/src/memory.rs",
    "daemon/src/edit.rs",
    "daemon/src/net/policy.rs",
    "daemon/src/journal/writer/core.rs",
    "engine/src/",
    "mcp-bridge/src/manager/core",
    "protocol/src/",
];

#[test]
fn cores_read_no_clock() {
    let clocks = ["Instant::now(", "SystemTime::now(", "Timestamp::now(", "Now::read("];
    let mut violations = Vec::new();
    for file in files(&[".rs"]).iter().filter(|file| !file.is_test()) {
        if CORES.iter().any(|core| file.path.starts_with(core)) {
            let reads = |line: &str| clocks.iter().any(|clock| line.contains(clock));
            let lines = file.product_lines().filter(|(_, line)| reads(line));
            violations.extend(lines.map(|(number, _)| format!("{}:{number}", file.path)));
        }
    }
    none("cores that read a clock instead of taking the time", &violations);
}

#[test]
fn ignored_tests_have_a_reason() {
    let bare = concat!("#[", "ignore", "]");
    let mut violations = Vec::new();
    for file in files(&[".rs"]) {
        let lines = (1..).zip(file.text.lines()).filter(|(_, line)| line.contains(bare));
        violations.extend(lines.map(|(number, _)| format!("{}:{number}", file.path)));
    }
    none("ignored tests without a reason", &violations);
}

/// `allow` outlives its cause; `expect` complains when the cause is gone.
#[test]
fn lints_are_expected_not_allowed() {
    let bare = concat!("[", "allow(");
    let mut violations = Vec::new();
    for file in files(&[".rs"]) {
        let lines = file.product_lines().filter(|(_, line)| line.contains(bare));
        violations.extend(lines.map(|(number, _)| format!("{}:{number}", file.path)));
    }
    none("lints that are allowed: write #[expect(.., reason = \"..\")]", &violations);
}
