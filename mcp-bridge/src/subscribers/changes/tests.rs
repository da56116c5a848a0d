//! What each happening touches.

use goxe_protocol::api::event::EventNote;
use serde_json::{Value, json};

use super::*;

fn event(topic: &str, data: Value) -> Happening {
    Happening::Event(EventNote { subscription: "s".into(), seq: 1, topic: topic.into(), data })
}

fn project(what: &str) -> Happening {
    event("project", json!({ "project": "castle", "what": what, "author": "ann" }))
}

/// The addresses of all that changes, and whether the list does.
fn touched(happening: &Happening) -> (Vec<String>, bool) {
    let all = [
        Address::Status,
        Address::Projects,
        Address::Project("castle".into()),
        Address::Project("tower".into()),
        Address::Layer("castle".into(), "roof".into()),
        Address::Job("j1".into()),
        Address::Job("j2".into()),
        Address::Render("j1".into()),
        Address::Events,
        Address::Config,
        Address::Guide,
    ];
    let changes = of(happening);
    let touched = all.iter().filter(|address| changes.iter().any(|change| change.touches(address)));
    let touched = touched.map(|address| address.uri().replace("goxe://", "")).collect();
    (touched, changes.iter().any(Change::is_of_list))
}

fn check(happening: &Happening, expect: &[&str], list: bool) {
    let (touched, of_list) = touched(happening);
    assert_eq!(
        (touched.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), of_list),
        (expect, list),
        "{happening:?}"
    );
}

#[test]
fn an_edit_touches_its_project_and_no_other() {
    let edited = ["projects", "projects/castle", "projects/castle/layers/roof", "events/recent"];
    check(&project("edited"), &edited, false);
    let made =
        ["status", "projects", "projects/castle", "projects/castle/layers/roof", "events/recent"];
    for what in ["created", "deleted", "restored", "purged"] {
        check(&project(what), &made, true);
    }
}

#[test]
fn the_end_of_a_job_touches_the_job_and_its_picture() {
    let data =
        json!({ "job": "j1", "method": "render.image", "state": "done", "done": 1, "total": 1 });
    check(&event("job", data), &["jobs/j1", "renders/j1.png", "events/recent"], false);
}

#[test]
fn after_a_gap_everything_may_be_another_thing() {
    let everything = [
        "status",
        "projects",
        "projects/castle",
        "projects/tower",
        "projects/castle/layers/roof",
        "jobs/j1",
        "jobs/j2",
        "renders/j1.png",
        "events/recent",
    ];
    for happening in
        [Happening::Anew, Happening::Gap, project("renamed"), event("project", json!(1))]
    {
        check(&happening, &everything, true);
    }
}

#[test]
fn the_daemon_s_end_is_a_matter_of_its_status() {
    check(&Happening::Lost, &["status", "events/recent"], false);
    let failed = Notice::Failed { reason: "x".into(), attempt: 1 };
    check(&Happening::Notice(failed), &["status", "events/recent"], false);
}
