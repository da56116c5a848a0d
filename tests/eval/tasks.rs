//! The twenty models: each file in `tasks/` says what was asked, which calls build it, and what is
//! checked of the result.

use std::fs;

use serde::Deserialize;

use crate::calls::{Call, bridge_in, folder};
use crate::checks::{Checks, Model};
use crate::support::Place;
use crate::support::bridge::Bridge;

/// Most bytes that the text of an answer may have.
const ANSWER_BYTES_MAX: usize = 40_000;

/// One model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// What somebody asked for.
    pub asked: String,
    /// The project with the result, where it is not the only one.
    pub project: Option<String>,
    /// The calls that build it.
    pub calls: String,
    /// How its picture is taken.
    #[serde(default)]
    pub picture: toml::Table,
    /// What is checked.
    pub checks: Checks,
}

impl Task {
    /// Every task, by name.
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder().join("tasks")).expect("tasks are there").flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        let read = |path: &std::path::PathBuf| {
            let text = fs::read_to_string(path).expect("a task is read");
            let task = toml::from_str::<Task>(&text);
            let mut task = task.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name = path.file_stem().expect("a name").to_string_lossy();
            task.name = name.into_owned();
            task
        };
        paths.iter().map(read).collect()
    }

    /// The project with the result.
    pub fn project(&self) -> String {
        let first = || Call::list(&self.calls)[0].arguments["project"].as_str().map(str::to_owned);
        self.project.clone().or_else(first).expect("the first call names the project")
    }

    /// Makes every call; returns what was wrong with an answer.
    pub fn build(&self, bridge: &mut Bridge) -> Vec<String> {
        let mut faults = Vec::new();
        let mut next = None;
        for call in Call::list(&self.calls) {
            let answer = call.make(bridge);
            let text = answer.text();
            if answer.is_error() {
                faults.push(text);
                return faults;
            }
            if text.len() > ANSWER_BYTES_MAX {
                faults.push(format!("{}: an answer of {} bytes", call.tool, text.len()));
            }
            next = answer.result["structuredContent"]["next"].as_str().map(str::to_owned).or(next);
        }
        // What the last answer says to look at can be looked at.
        let next = next.map(|next| Call::verbatim(&next).make(bridge));
        match next {
            Some(answer) if answer.is_error() => faults.push(answer.text()),
            Some(_) => {}
            None => faults.push("no answer named a next call".to_owned()),
        }
        faults
    }
}

#[test]
fn every_task_builds_what_was_asked() {
    let tasks = Task::all();
    assert_eq!(tasks.len(), 20);
    let place = Place::new();
    let mut bridge = bridge_in(&place, &[]);
    let mut faults = Vec::new();
    for task in &tasks {
        assert!(!task.asked.is_empty());
        let mut found = task.build(&mut bridge);
        if found.is_empty() {
            let model = Model::read(&mut bridge, &task.project());
            found = task.checks.faults(&mut bridge, &task.project(), &model);
        }
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", task.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(bridge.leave().success());
}
