//! Callers behind bridges whose daemons are killed again and again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use super::{await_moment, next_number};
use crate::support::client::mark;
use crate::support::place::pid;
use crate::support::{Bridge, Place, Rng, until};

/// How many call while daemons die.
pub const CALLERS: usize = 4;

/// What those who call share with the one who kills.
#[derive(Default)]
pub struct Storm {
    pub is_over: AtomicBool,
    /// Calls that each of them began.
    turns: [AtomicU64; CALLERS],
}

impl Storm {
    pub fn rages(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Lets everybody get an answer. A daemon needs a moment to bring a project into memory; on a busy
    /// machine none would ever live that long.
    pub fn pause(&self) {
        let turns = || self.turns.each_ref().map(|turns| turns.load(Ordering::Relaxed));
        let before = turns();
        until("everybody was answered", Duration::from_secs(120), || {
            turns().iter().zip(&before).all(|(now, before)| now > before).then_some(())
        });
    }
}

/// What a bridge said of its edits.
#[derive(Default)]
pub struct Said {
    pub done: Vec<(u64, String)>,
    pub not_done: Vec<u64>,
    /// How often it could not tell at first.
    pub unknown: u64,
}

pub fn write_through(bridge: &mut Bridge, storm: &Storm, number: usize) -> Said {
    let mut said = Said::default();
    let turns = &storm.turns[number];
    while storm.rages() {
        turns.fetch_add(1, Ordering::Relaxed);
        let number = next_number();
        let answer = bridge.tool_in_trouble("voxels_edit", mark("castle", number));
        let text = answer.text();
        if !answer.is_error() {
            let revision = answer.data()["revision"].as_str().expect("a revision").to_owned();
            said.done.push((number, revision));
        } else if text.contains("Unknown whether") {
            said.unknown += 1;
            match settle(bridge, &text) {
                Some(revision) => said.done.push((number, revision)),
                None => said.not_done.push(number),
            }
        } else {
            assert!(text.contains("Not done"), "edit {number}: neither done nor not done: {text}");
            said.not_done.push(number);
        }
    }
    said
}

/// What `history` says of an edit that nobody could tell of, by the call that its error gives.
pub fn settle(bridge: &mut Bridge, text: &str) -> Option<String> {
    let arguments = text.split("Next: history ").nth(1).expect("how to find out");
    let arguments: Value = serde_json::from_str(arguments).expect("arguments as JSON");
    let outcome = until("the outcome is known", Duration::from_secs(120), || {
        // As long as daemons die it may have to be asked again, and may be too early to ask.
        let answer = bridge.tool_in_trouble("history", arguments.clone());
        (!answer.is_error()).then(|| answer.data().clone())
    });
    match outcome["outcome"].as_str() {
        Some("committed") => Some(outcome["revision"].as_str().expect("a revision").to_owned()),
        Some("never") => None,
        other => panic!("an edit of a daemon that is gone is {other:?}"),
    }
}

/// Reads until it is told to stop. Whatever happens to daemons, every read succeeds.
pub fn read_through(bridge: &mut Bridge, storm: &Storm, number: usize) -> u64 {
    let mut reads = 0;
    let turns = &storm.turns[number];
    let arguments = json!({ "read": "at", "project": "castle", "at": [[0, 0, 0], [1, 0, 0]] });
    while storm.rages() {
        turns.fetch_add(1, Ordering::Relaxed);
        let answer = bridge.tool_in_trouble("voxels_read", arguments.clone());
        assert!(!answer.is_error(), "read {reads}: {}", answer.text());
        reads += 1;
    }
    reads
}

/// The daemon that serves a place now, to be killed.
pub fn daemon_of(place: &Place) -> Option<u32> {
    place.endpoint().map(|endpoint| endpoint.pid)
}

/// Kills the daemon that serves, and the next one, each at some moment of its life.
pub fn kill_again_and_again(place: &Place, rng: &mut Rng, kills: u64, storm: &Storm) {
    let mut last = 0;
    for number in 0..kills {
        let daemon = until("the bridges started another daemon", Duration::from_secs(60), || {
            daemon_of(place).filter(|pid| *pid != last)
        });
        if number % 10 == 9 {
            storm.pause();
        }
        // Now and then one may live long enough to count as good.
        if number % 60 == 59 {
            thread::sleep(Duration::from_millis(1200));
        }
        await_moment(place, rng);
        last = daemon;
        // It may be gone already: a bridge may have judged it.
        let _ = kill(pid(daemon), Signal::SIGKILL);
        if number % 1000 == 999 {
            println!("{} kills", number + 1);
        }
    }
}
