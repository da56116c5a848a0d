//! Addresses, there and back.

use super::*;

#[test]
fn an_address_comes_back_as_it_was() {
    let names = ["castle", "my castle", "a%b", "Schloß", "😀", "../x", "a b/c", "?#&"];
    for name in names {
        let name = name.to_owned();
        for address in [
            Address::Project(name.clone()),
            Address::Layer(name.clone(), name.clone()),
            Address::Job(name.clone()),
            Address::Render(name.clone()),
        ] {
            let uri = address.uri();
            assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
            assert_eq!(Address::parse(&uri), Some(address), "{uri}");
        }
    }
    for address in [Address::Status, Address::Projects, Address::Events, Address::Config] {
        assert_eq!(Address::parse(&address.uri()), Some(address));
    }
    assert_eq!(Address::Guide.uri(), "goxe://guide");
    assert_eq!(Address::Render("r1".into()).uri(), "goxe://renders/r1.png");
}

#[test]
fn names_need_not_be_encoded_more_than_they_have_to() {
    let raw = Address::Layer("my castle".into(), "roof ß".into());
    assert_eq!(Address::parse("goxe://projects/my castle/layers/roof ß"), Some(raw));
}

#[test]
fn what_is_no_address_is_none() {
    for uri in [
        "",
        "goxe://",
        "goxe:status",
        "GOXE://status",
        "goxe://status/",
        "goxe://projects/",
        "goxe://projects/a/b",
        "goxe://projects/a/layers/",
        "goxe://projects/%",
        "goxe://projects/%4",
        "goxe://projects/%zz",
        "goxe://projects/%+1",
        "goxe://projects/%FF",
        "goxe://renders/.png",
        "goxe://renders/r1.jpg",
        "goxe://events",
        "file:///etc/passwd",
    ] {
        assert_eq!(Address::parse(uri), None, "{uri}");
    }
}
