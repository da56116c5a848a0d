//! The command line as a whole, and its corners.

use clap::CommandFactory;

use super::*;

fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from([&["goxe"], words].concat())
}

#[test]
fn clap_finds_no_mistake() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_is_described_and_has_a_man_page() {
    fn check(command: &Command) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.len() > 8, "{} says {about:?}", command.get_name());
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.len() > 3, "{} {} says {help:?}", command.get_name(), argument.get_id());
        }
        command.get_subcommands().for_each(check);
    }
    let mut command = command();
    command.build();
    command.get_subcommands().filter(|verb| verb.get_name() != "help").for_each(check);
    let folder = tempfile::tempdir().unwrap();
    clap_mangen::generate_to(super::command(), folder.path()).unwrap();
    let page = std::fs::read_to_string(folder.path().join("goxe-project-render.1")).unwrap();
    assert!(page.contains("checkpoint"), "{page}");
}

#[test]
fn completions_know_methods() {
    for shell in [Shell::Bash, Shell::Zsh] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command(), "goxe", &mut script);
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains("history.undo"), "{shell}");
    }
}

#[test]
fn global_flags_stand_anywhere() {
    for words in [["--json", "paths"], ["paths", "--json"]] {
        assert!(parse(&words).unwrap().global.json);
    }
    let arguments = parse(&["config", "--set", "a.b=1", "show", "--set", "c.d=2"]).unwrap();
    assert!(arguments.global.set.contains(&"c.d=2".to_owned()));
}

#[test]
fn relative_folders_are_meant_from_here() {
    let arguments = parse(&["paths", "--data", "here"]).unwrap();
    let data = arguments.global.choice().unwrap().data.unwrap();
    assert_eq!(data, std::env::current_dir().unwrap().join("here"));
}

#[test]
fn params_are_an_object_or_an_array() {
    let call = |words: &[&str]| match parse(&[&["call"], words].concat()).map(|it| it.verb) {
        Ok(Verb::Call(call)) => Ok(call),
        Ok(verb) => panic!("{verb:?}"),
        Err(error) => Err(error),
    };
    assert!(
        matches!(call(&["project.list"]).unwrap().params, Params::Given(params) if params.get() == "{}")
    );
    assert!(matches!(call(&["a.b", "-"]).unwrap().params, Params::Input));
    assert!(matches!(call(&["a.b", r#"{"a": 1}"#]).unwrap().params, Params::Given(_)));
    for wrong in ["1", "{", "null", r#""a""#] {
        assert!(call(&["a.b", wrong]).is_err(), "{wrong}");
    }
    // Services bring methods that no catalogue of ours knows.
    assert_eq!(call(&["physics.step"]).unwrap().method, "physics.step");
    assert!(call(&[""]).is_err());
    assert!(call(&["a.b", "--overwrite"]).is_err());
}

#[test]
fn sizes_and_backgrounds_are_checked() {
    let render = |flag: &str, value: &str| parse(&["project", "render", "castle", flag, value]);
    assert!(render("--size", "1024x768").is_ok());
    assert!(render("--background", "#102030").is_ok());
    assert!(render("--background", "transparent").is_ok());
    for (flag, value) in
        [("--size", "0x1"), ("--size", "12"), ("--size", "-1x5"), ("--background", "red")]
    {
        assert!(render(flag, value).is_err(), "{flag} {value}");
    }
}
