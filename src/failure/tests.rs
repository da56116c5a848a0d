//! Codes, hints and the form for programs.

use super::*;

#[test]
fn exit_codes_are_fixed() {
    let codes = [Exit::Failed, Exit::Usage, Exit::NoDaemon, Exit::NotPermitted, Exit::GaveUp];
    assert_eq!(codes.map(Exit::code), [1, 2, 3, 4, 70]);
}

#[test]
fn answers_keep_code_kind_hint_and_facts() {
    let failure = Failure::from(Error::not_found("project", "castle"));
    assert_eq!((failure.exit, failure.code), (Exit::Failed, 1010));
    let json = failure.to_json();
    assert_eq!(json["error"]["kind"], "project_not_found");
    assert_eq!(json["error"]["data"]["name"], "castle");
    assert!(json["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
}

#[test]
fn what_is_forbidden_has_its_own_exit_code() {
    let forbidden = Error::new(Code::Forbidden, "no");
    assert_eq!(Failure::from(forbidden).exit, Exit::NotPermitted);
    let denied = std::io::Error::from(ErrorKind::PermissionDenied);
    assert_eq!(Failure::file("read", Path::new("/x"), &denied).exit, Exit::NotPermitted);
    assert_eq!(Failure::from(Error::invalid_params("a")).exit, Exit::Usage);
}

#[test]
fn mistakes_of_a_configuration_are_listed() {
    let sources = goxe_config::Sources { flags: vec!["a.b=1".to_owned()], ..Default::default() };
    let failure = Failure::from(goxe_config::Config::load(&sources).unwrap_err());
    assert_eq!(failure.exit, Exit::Usage);
    assert_eq!(failure.data["mistakes"].as_array().map(Vec::len), Some(1));
    assert!(failure.message.contains("1 mistake\n"), "{}", failure.message);
}
