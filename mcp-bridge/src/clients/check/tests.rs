//! Mistakes that people make, each found and named.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Desk(tempfile::tempdir().expect("a folder"))
    }

    fn script(&self, text: &str) -> String {
        let path = self.0.path().join("server");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        path.display().to_string()
    }

    fn steps(&self, command: &str, enabled: bool) -> Vec<Step> {
        let plan = Plan {
            started: Started {
                command: vec![command.to_owned()],
                environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
                enabled,
            },
            environment: Vec::new(),
            folder: self.0.path().to_owned(),
            start_max: Duration::from_millis(300),
            client: "Zed".to_owned(),
            read_only: true,
            mend: "write the entry again".to_owned(),
        };
        let mut steps = Vec::new();
        run(&plan, &mut |step| steps.push(step));
        steps
    }

    #[track_caller]
    fn finds(&self, command: &str, expect: &str) {
        let steps = self.steps(command, true);
        let bad = steps.iter().find(|step| step.state == Verdict::Bad).expect("something is bad");
        assert!(bad.text.contains(expect), "{bad:?}");
        assert!(!bad.hint.is_empty(), "{bad:?}");
    }
}

#[test]
fn a_command_that_is_none_is_found_before_it_is_started() {
    let desk = Desk::new();
    desk.finds("/nonexistent/goxe", "does not exist");
    desk.finds("./goxe", "relative");
    desk.finds("no-such-program-anywhere", "does not exist");
    let folder = desk.0.path().display().to_string();
    desk.finds(&folder, "is no program");
    let off = desk.steps("/bin/true", false);
    assert!(off[0].state == Verdict::Bad && off[0].text.contains("switched off"), "{off:?}");
}

#[test]
fn a_server_that_fails_is_told_with_what_it_said() {
    let desk = Desk::new();
    desk.finds(&desk.script("echo no such engine >&2; exit 3"), "no such engine");
    desk.finds(&desk.script("exec sleep 30"), "no answer to server/discover");
}

/// A server that answers every request with the same few results.
const SERVER: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,"result":{"capabilities":{},"tools":[{"name":"a"}]}}\n' "$id"
done"#;

#[test]
fn noise_on_standard_output_is_found_and_shown() {
    let desk = Desk::new();
    desk.finds(&desk.script(&format!("echo Welcome back!\n{SERVER}")), "Welcome back!");
    let steps = desk.steps(&desk.script(SERVER), true);
    assert!(steps.iter().all(|step| step.state != Verdict::Bad), "{steps:?}");
    let names: Vec<&str> = steps.iter().map(|step| step.check).collect();
    let all =
        ["command", "start", "tools", "resources", "prompts", "end", "older era", "older end"];
    assert_eq!(names, all);
}

#[test]
fn a_server_that_does_not_leave_is_found() {
    let desk = Desk::new();
    desk.finds(&desk.script(&format!("{SERVER}\nexec sleep 60")), "did not end");
}

#[test]
fn a_server_that_begins_too_late_is_found() {
    let desk = Desk::new();
    desk.finds(&desk.script(&format!("sleep 1\n{SERVER}")), "no answer to server/discover");
}
