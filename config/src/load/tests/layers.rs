//! Which layer wins, and what its origin is called.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Scene;
use crate::load::{Sources, UserFile};
use crate::origin::Origin;
use crate::origin::Shown;
use crate::paths::{Choice, Environment, Paths};
use crate::schema::{Key, Kind};
use crate::sections::{self, Config, LogLevel};

#[test]
fn each_layer_beats_the_one_below() {
    let scene = Scene::new();
    assert_eq!(scene.shown("log.level"), "\"info\" from built-in");
    let scene = scene.platform("log.level", "error");
    assert_eq!(scene.shown("log.level"), "\"error\" from platform");
    let scene = scene.file("# mine\n[log]\nlevel = 'warn'\n");
    assert_eq!(scene.shown("log.level"), "\"warn\" from goxe.toml:3");
    let scene = scene.variable("GOXE_LOG_LEVEL", "debug");
    assert_eq!(scene.shown("log.level"), "\"debug\" from environment GOXE_LOG_LEVEL");
    let scene = scene.flag("log.level=trace");
    assert_eq!(scene.shown("log.level"), "\"trace\" from flag");
    assert_eq!(scene.config().log.level, LogLevel::Trace);
}

#[test]
fn a_section_that_nothing_could_set_is_built_in() {
    let silent = || Scene::new().flag("log.level=debug").variable("GOXE_LOG_LEVEL", "warn");
    assert!(silent().sources.leave_built_in("mcp"));
    assert!(!silent().sources.leave_built_in("log"));
    assert!(!silent().flag(" mcp.read_only = true").sources.leave_built_in("mcp"));
    assert!(!silent().variable("GOXE_MCP_TOOLSET", "core").sources.leave_built_in("mcp"));
    assert!(!silent().platform("mcp.read_only", "true").sources.leave_built_in("mcp"));
    assert!(!silent().file("").sources.leave_built_in("mcp"));
    let built_in = Config::built_in().mcp;
    assert_eq!((built_in.toolset, built_in.read_only), (sections::Toolset::default(), false));
}

#[test]
fn the_later_of_two_flags_counts() {
    let scene = Scene::new().flag("log.files_max=7").flag("log.files_max = 8");
    assert_eq!(scene.config().log.files_max, 8);
}

#[test]
fn an_empty_path_is_the_platforms_in_every_layer() {
    let scene = Scene::new().platform("socket.path", "/run/a.sock");
    assert_eq!(scene.shown("socket.path"), "\"/run/a.sock\" from platform");
    let scene = scene.file("[socket]\npath = \"/home/b.sock\"\n");
    assert_eq!(scene.shown("socket.path"), "\"/home/b.sock\" from goxe.toml:2");
    let scene = scene.flag("socket.path=");
    assert_eq!(scene.shown("socket.path"), "\"/run/a.sock\" from platform");
}

#[test]
fn dotted_and_inline_forms_are_the_same_keys() {
    let config = Scene::new().file("log.level = 'warn'\nlanes = { count = 0x10 }\n").config();
    assert_eq!((config.log.level, config.lanes.count), (LogLevel::Warn, 16));
}

#[test]
fn variables_that_are_no_keys_pass() {
    let scene = Scene::new()
        .variable("GOXE_DATA", "/data")
        .variable("GOXE_CONFIG", "/c.toml")
        .variable("GOXE_TOKEN", "secret")
        .variable("GOXE_BLESS", "1")
        .variable("GOXE_TEST_SEED", "7")
        .variable("PATH", "/bin")
        .variable("goxe_log_level", "nonsense");
    assert_eq!(scene.config(), Config::built_in());
}

#[test]
fn an_empty_variable_is_not_set() {
    let scene = Scene::new().variable("GOXE_LOG_LEVEL", "").variable("GOXE_SOCKET", "");
    assert_eq!(scene.config(), Config::built_in());
}

#[test]
fn the_socket_variable_is_short_for_its_key() {
    let scene = Scene::new().variable("GOXE_SOCKET", "/a.sock");
    assert_eq!(scene.shown("socket.path"), "\"/a.sock\" from environment GOXE_SOCKET");
    let scene = scene.variable("GOXE_SOCKET_PATH", "/a.sock");
    assert_eq!(scene.config().socket.path.to_str(), Some("/a.sock"));
    assert!(scene.variable("GOXE_SOCKET_PATH", "/b.sock").told().contains("only one of the two"));
}

#[test]
fn a_file_need_not_be_at_the_usual_place() {
    let mut scene = Scene::new();
    scene.sources.file = UserFile::IfPresent(scene.path());
    assert_eq!(scene.config(), Config::built_in());
    std::fs::write(scene.path(), "[log]\nfiles_max = 9\n").unwrap();
    assert_eq!(scene.config().log.files_max, 9);
}

#[test]
fn sources_follow_from_paths_and_choices() {
    let environment = Environment {
        account_home: Some("/home/ada".into()),
        variables: BTreeMap::from([("GOXE_LOG_LEVEL".to_owned(), "warn".into())]),
        ..Environment::default()
    };
    let sources = |choice: &Choice| {
        let paths = Paths::resolve(&environment, choice).unwrap();
        Sources::new(&environment, choice, &paths, ["log.files_max=3".to_owned()])
    };
    let usual = sources(&Choice::default());
    assert_eq!(usual.file, UserFile::IfPresent("/home/ada/.config/goxe/goxe.toml".into()));
    let config = Config::load(&usual).unwrap().config;
    assert_eq!(config.socket.path.to_str(), Some("/home/ada/.local/share/goxe/run/goxe.sock"));
    assert_eq!(config.log.file.to_str(), Some("/home/ada/.local/state/goxe/logs/goxe.log"));
    assert_eq!((config.log.level, config.log.files_max), (LogLevel::Warn, 3));

    let system = sources(&Choice {
        system: true,
        config: Some("/srv/goxe.toml".into()),
        socket: Some("/run/other.sock".into()),
        ..Choice::default()
    });
    assert_eq!(system.file, UserFile::Required("/srv/goxe.toml".into()));
    let config = Config::load(&Sources { file: UserFile::Absent, ..system }).unwrap().config;
    assert_eq!((config.socket.mode, config.socket.path.to_str()), (0o660, Some("/run/other.sock")));
}

#[test]
fn what_is_shown_can_be_loaded_again() {
    let path = "/tmp/a \\ b \"c\" é.sock";
    let scene = Scene::new()
        .flag(&format!("socket.path={path}"))
        .variable("GOXE_LIMITS_PEERS_MAX", "10")
        .file("[journal]\ndurability = \"sync\"\n");
    let loaded = Config::load(&scene.sources).unwrap();
    let text = loaded.to_toml();
    assert!(text.contains("peers_max = 10 # environment GOXE_LIMITS_PEERS_MAX\n"), "{text}");
    assert_eq!(Scene::new().file(&text).config(), loaded.config);
    let json = loaded.to_json();
    assert_eq!(json["socket"]["path"], path);
    assert_eq!(json["limits"]["peers_max"], 10);
    assert_eq!(json["journal"]["durability"], "sync");
    assert_eq!(json.as_object().unwrap().len(), sections::SECTIONS.len());
}

#[test]
fn origins_have_a_machine_form() {
    let shown = |origin: Origin| {
        json!(Shown { key: "log.level".into(), value: json!("info"), origin })["origin"].clone()
    };
    assert_eq!(shown(Origin::BuiltIn), json!({"layer": "built-in"}));
    assert_eq!(
        shown(Origin::File { file: "/a".into(), line: 3 }),
        json!({"layer": "file", "file": "/a", "line": 3})
    );
    assert_eq!(
        shown(Origin::Environment { variable: "GOXE_X".into() }),
        json!({"layer": "environment", "variable": "GOXE_X"})
    );
}

/// Some allowed value of a key, another one for another seed where there is a choice. Numbers stay
/// near the default, so that no rule between keys is broken.
fn allowed(key: &Key, default: &Value, seed: usize) -> Value {
    match key.kind {
        Kind::Switch => json!(seed.is_multiple_of(2)),
        Kind::Choice(words) => json!(words[seed % words.len()]),
        Kind::Number { max, .. } => {
            let default = default.as_u64().unwrap();
            json!(if default + 8 <= max { default + seed as u64 } else { default })
        }
        Kind::Path | Kind::SocketPath => json!(format!("/folder/{seed}")),
        Kind::Paths => json!([format!("/folder/{seed}"), "/b c"]),
        Kind::Loopback => json!(format!("127.0.0.1:{seed}")),
    }
}

fn as_text(value: &Value) -> String {
    let paths = value.as_array().map(|paths| paths.iter().map(as_text).collect::<Vec<_>>());
    match (value.as_str(), paths) {
        (Some(text), _) => text.to_owned(),
        (None, Some(paths)) => paths.join(":"),
        (None, None) => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Bit n of a key's mask says whether layer n sets it. The strongest one that does must win.
    #[test]
    fn precedence_holds_for_any_mixture(
        masks in proptest::collection::vec(0_u8..16, sections::keys().count()),
    ) {
        let defaults = Config::load(&Sources::default()).unwrap().shown;
        let mut scene = Scene::new().platform("tcp.token_file", "/token");
        let mut expected = vec![];
        let (mut file, mut title) = (String::new(), "");
        for ((key, default), mask) in sections::keys().zip(&defaults).zip(masks) {
            let value = |layer: usize| allowed(key, &default.value, layer + 2);
            let set = |layer: u8| mask & (1 << layer) != 0;
            let dotted = key.dotted();
            let mut winner = (default.value.clone(), Origin::BuiltIn);
            if dotted == "tcp.token_file" {
                winner = (json!("/token"), Origin::Platform);
            }
            if key.section != title {
                title = key.section;
                file.push_str(&format!("[{title}]\n"));
            }
            if set(0) {
                scene.sources.platform.push((Box::leak(dotted.clone().into_boxed_str()), as_text(&value(0))));
                winner = (value(0), Origin::Platform);
            }
            if set(1) {
                file.push_str(&format!("{} = {}\n", key.name, value(1)));
                let path = scene.path().display().to_string();
                winner = (value(1), Origin::File { file: path, line: file.lines().count() });
            }
            if set(2) {
                scene = scene.variable(&key.variable(), &as_text(&value(2)));
                winner = (value(2), Origin::Environment { variable: key.variable() });
            }
            if set(3) {
                scene = scene.flag(&format!("{dotted}={}", as_text(&value(3))));
                winner = (value(3), Origin::Flag);
            }
            expected.push(Shown { key: dotted, value: winner.0, origin: winner.1 });
        }
        let loaded = Config::load(&scene.file(&file).sources).map_err(|e| e.to_string());
        prop_assert_eq!(loaded.map(|loaded| loaded.shown), Ok(expected));
    }

    /// No text makes the reader panic, and one that it accepts says nothing new the second time.
    #[test]
    fn any_text_is_read_or_refused(text in "(\\[(log|tcp|x)\\]\n|level|= ?|\"|'|info|\n|[0-9]{1,30}|-|\\.|\\{|#|\u{e9}|,|\\PC)*") {
        let scene = Scene::new().file(&text);
        if let Err(errors) = Config::load(&scene.sources) {
            prop_assert!(!errors.errors().is_empty());
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}
