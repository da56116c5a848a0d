//! What is told about every kind of mistake.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use serde_json::json;

use super::Scene;
use crate::load::{FILE_BYTES_MAX, UserFile};

#[test]
fn all_mistakes_of_all_layers_are_told_at_once() {
    let scene = Scene::new()
        .file(
            "[log]\nlevel = \"inof\"\nfiles = 3\n[logg]\nx = 1\n[limits]\n\tidle_ms_max = -4 # é\n",
        )
        .variable("GOXE_LOG_LEVLE", "info")
        .variable("GOXE_LANES_COUNT", "many")
        .flag("log.format=xml")
        .flag("verbose");
    let expected = r#"goxe.toml:2:9: log.level: "inof" is not allowed
  2 | level = "inof"
    |         ^^^^^^
  allowed: "error", "warn", "info", "debug" or "trace"; did you mean "info"?
goxe.toml:3:1: log.files: no such key
  3 | files = 3
    | ^^^^^
  did you mean file?
goxe.toml:4:2: logg: no such section
  4 | [logg]
    |  ^^^^
  did you mean [log]?
goxe.toml:7:16: limits.idle_ms_max: -4 is not allowed
  7 |  idle_ms_max = -4 # é
    |                ^^
  allowed: milliseconds from 0 to 604800000 (7 d)
environment GOXE_LANES_COUNT: lanes.count: "many" is not allowed
  allowed: a number from 0 to 256
environment GOXE_LOG_LEVLE: no such variable
  did you mean GOXE_LOG_LEVEL?
flag: log.format: "xml" is not allowed
  allowed: "json" or "text"
flag: "verbose" sets nothing
  write: section.key=value, such as log.level=debug"#;
    assert_eq!(scene.told(), expected);
}

#[test]
fn mistakes_have_a_machine_form() {
    let errors = Scene::new().file("[log]\n  level = 3\n").flag("log.levl=info").errors();
    let mut json = serde_json::to_value(&errors).unwrap();
    let file = json[0]["file"].take();
    assert!(file.as_str().unwrap().ends_with("/goxe.toml"));
    assert_eq!(json[0]["origin"].take(), json!(format!("{}:2", file.as_str().unwrap())));
    assert_eq!(
        json,
        json!([
            {
                "origin": null, "file": null, "line": 2, "column": 11, "key": "log.level",
                "message": "3 is not allowed",
                "hint": "allowed: \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
            },
            {
                "origin": "flag", "file": null, "line": null, "column": null, "key": "log.levl",
                "message": "no such key", "hint": "did you mean log.level?",
            },
        ])
    );
}

/// Every line must stand in what is told, in this order.
fn check(text: &str, expected: &[&str]) {
    let told = Scene::new().file(text).told();
    let mut rest = told.as_str();
    for line in expected {
        let found = rest.find(line).unwrap_or_else(|| panic!("{line}\nis not in order in\n{told}"));
        rest = &rest[found + line.len()..];
    }
    assert_eq!(told.matches("goxe.toml:").count(), expected.len(), "{told}");
}

#[test]
fn broken_toml_does_not_hide_other_mistakes() {
    check(
        "[log\nlevel = 'info'\n[tcp]\nenabled = yes\n[socket]\nmode = \"0666\"\n",
        &["goxe.toml:1:5: unclosed", "goxe.toml:4:11: string", "goxe.toml:6:8: socket.mode"],
    );
    check(
        "[log]\nlevel = \"info\nfiles_max = 0\n",
        &["goxe.toml:2:14:", "goxe.toml:3:13: log.files"],
    );
    check("[log]\nlevel = = 'info'\n", &["goxe.toml:2:9: extra `=`", "goxe.toml:2:11:"]);
    check("[log]\nlevel = 'info'\nlevel = 'warn'\n", &["goxe.toml:3:1: duplicate key"]);
    check("[log]\nlevel\n", &["goxe.toml:2:6: key with no value"]);
}

#[test]
fn keys_in_a_wrong_place_are_sent_home() {
    check("level = 'info'\n", &["goxe.toml:1:1: level: a key outside of any section"]);
    let told = |text: &str| Scene::new().file(text).told();
    assert!(told("level = 'info'\n").ends_with("it belongs below [log]"));
    assert!(told("colour = 1\n").ends_with("write it below its [section]"));
    assert!(told("[limits]\nqueue_max = 3\n").ends_with("it belongs below [lanes] or [journal]"));
    assert!(told("[watchdog]\nzz = 3\n").ends_with("[watchdog] has stuck_ms"));
    assert!(told("[colour]\nzz = 3\n").contains("allowed: [socket], [tcp], [log]"));
    check("log = 3\n", &["goxe.toml:1:1: log: this is a section, not a key"]);
    check("[[log]]\nlevel = 'info'\n", &["goxe.toml:1:3: log: this is a section, not a key"]);
}

#[test]
fn values_of_another_type_are_refused() {
    check(
        "[log]\nlevel = ['info']\nfiles_max = 1e1\nfile = 1979-05-27\nformat = { a = 1 }\n",
        &[
            "log.level: a list",
            "log.files_max: 10.0",
            "log.file: \"1979-05-27\"",
            "log.format: a table",
        ],
    );
    check(
        "[limits]\npeers_max = '8'\n[tcp]\nenabled = 1\n[log]\nsize_bytes_max = 0x1ffffffffffffffff\n",
        &["limits.peers_max: \"8\"", "tcp.enabled: 1 is", "log.size_bytes_max: \"0x1fff"],
    );
}

#[test]
fn rules_between_keys_blame_the_stronger_layer() {
    check("[lanes]\ncount = 1\n", &["goxe.toml:2:9: lanes.count: one thread is not enough"]);
    check("[tcp]\nenabled = true\n", &["goxe.toml:2:11: tcp.enabled: TCP needs a token"]);
    check(
        "[limits]\nmemory_bytes_max = 1048576\n",
        &["goxe.toml:2:20: limits.memory_bytes_max: limits.frame_bytes_max (67108864) is larger"],
    );
    check(
        "[manager]\nbackoff_ms_min = 50000\n",
        &["goxe.toml:2:18: manager.backoff_ms_min: manager.backoff_ms_min (50000) is larger"],
    );
    let scene =
        Scene::new().file("[log]\ntotal_bytes_max = 4096\n").flag("log.size_bytes_max=4097");
    assert!(scene.told().starts_with("flag: log.size_bytes_max: log.size_bytes_max (4097)"));
    let token = Scene::new().file("[tcp]\nenabled = true\ntoken_file = '/t'\n").config();
    assert_eq!(token.tcp.token_file.as_deref(), Some("/t".as_ref()));
}

#[test]
fn a_refused_value_breaks_no_rule_as_well() {
    check("[tcp]\nenabled = true\ntoken_file = 'here'\n", &["goxe.toml:3:14: tcp.token_file"]);
    check(
        "[limits]\nmemory_bytes_max = 1048576\nframe_bytes_max = 1\n",
        &["goxe.toml:3:19: limits.frame_bytes_max"],
    );
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let mut scene = Scene::new();
    scene.sources.file = UserFile::Required(scene.path());
    assert!(scene.told().starts_with("goxe.toml: the file cannot be read: No such file"));
    scene.sources.file = UserFile::IfPresent(scene.folder.path().into());
    assert!(scene.told().contains("it is not a plain file"), "{}", scene.told());

    let line = "# a comment\n";
    let text = line.repeat(FILE_BYTES_MAX as usize / line.len() + 1);
    assert!(Scene::new().file(&text).told().contains("larger than 262144 bytes"));
    Scene::new().file(&text[..FILE_BYTES_MAX as usize]).config();

    let scene = Scene::new().file(b"[log]\nlevel = \"\xff\"\n");
    assert!(scene.told().starts_with("goxe.toml:2:10: this is not UTF-8 text"), "{}", scene.told());
}

#[test]
fn foreign_text_cannot_steer_the_terminal() {
    let told = Scene::new()
        .file("[log]\n\"le\\u001b[31mvel\" = 'x'\n")
        .flag("log.\u{1b}[2Jlevel=3")
        .variable("GOXE_\u{1b}[2J", "3")
        .told();
    assert!(!told.contains('\u{1b}'), "{told:?}");
}

#[test]
fn a_variable_that_is_no_text_is_refused() {
    let mut scene = Scene::new();
    let value = OsString::from_vec(vec![b'/', 0xff]);
    scene.sources.variables.insert("GOXE_LOG_FILE".into(), value);
    assert!(scene.told().contains("GOXE_LOG_FILE: log.file: the value is not UTF-8"));
}

#[test]
fn unknown_variables_and_flags_get_the_nearest_name() {
    let told = |name: &str| Scene::new().variable(name, "1").told();
    assert!(told("GOXE_DTA").ends_with("did you mean GOXE_DATA?"));
    assert!(told("GOXE_LOGLEVEL").ends_with("did you mean GOXE_LOG_LEVEL?"));
    assert!(told("GOXE_COMPLETELY_DIFFERENT_THING").ends_with("such as GOXE_LOG_LEVEL"));
    let told = |flag: &str| Scene::new().flag(flag).told();
    assert!(told("log.levle=info").ends_with("did you mean log.level?"));
    assert!(
        told("level=info").ends_with("`goxe config show` lists every key"),
        "{}",
        told("level=info")
    );
    assert!(told("=info").contains("no such key"));
}
