//! What is known of every edit, beside what the daemon says of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Sent;
use crate::support::client::mark;
use crate::support::{Client, Rng};

/// What is known of every edit: the number of its revision, or that it never was.
#[derive(Default)]
pub struct Ledger {
    pub committed: BTreeMap<u64, u64>,
    pub never: Vec<u64>,
    /// Commits in all: the revision number that the project must have.
    pub commits: u64,
}

pub fn revision_number(revision: &str) -> u64 {
    let number = revision.split('.').next().and_then(|number| number.parse().ok());
    number.expect("a revision begins with its number")
}

impl Ledger {
    pub fn commit(&mut self, number: u64, revision: &str) {
        let revision = revision_number(revision);
        assert_eq!(self.committed.insert(number, revision), None, "edit {number} twice");
        self.commits += 1;
    }

    /// Finds out about the edits that were sent, and checks that the project holds what it must.
    pub fn settle(&mut self, client: &mut Client, sent: Vec<Sent>, rng: &mut Rng) {
        let first =
            sent.iter().flat_map(|sent| &sent.acknowledged).map(|(number, _)| *number).min();
        for sent in sent {
            for (number, revision) in &sent.acknowledged {
                self.commit(*number, revision);
            }
            if let Some((number, key)) = sent.open {
                self.find_out(client, number, &key, rng);
            }
        }
        let revisions: std::collections::BTreeSet<u64> = self.committed.values().copied().collect();
        assert_eq!(revisions.len() as u64, self.commits, "two edits share a revision");
        let revision = client.revision("castle");
        assert_eq!(revision_number(&revision), self.commits, "commits that nobody knows of");
        self.check(client, first.unwrap_or(0));
    }

    /// Asks what became of an edit that was not answered; half of the time sends it again instead.
    pub fn find_out(&mut self, client: &mut Client, number: u64, key: &str, rng: &mut Rng) {
        let outcome =
            client.call_patiently("history.outcome", json!({ "project": "castle", "key": key }));
        let committed = outcome["revision"].as_str().map(str::to_owned);
        match outcome["outcome"].as_str() {
            Some("committed") => assert!(committed.is_some(), "{outcome}"),
            Some("never") => assert!(committed.is_none(), "{outcome}"),
            other => panic!("edit {number} is {other:?} after a restart"),
        }
        if rng.below(2) == 0 {
            let again = client.send("voxel.edit", mark("castle", number), Some(key), None);
            let again = again.expect("the same call with the same key");
            let revision = again.reply["revision"].as_str().expect("a revision").to_owned();
            assert!(committed.is_none_or(|committed| committed == revision), "it ran again");
            self.commit(number, &revision);
        } else if let Some(revision) = committed {
            self.commit(number, &revision);
        } else {
            self.never.push(number);
        }
    }

    /// Every edit from this number on is there, or is not, as it should be.
    pub fn check(&self, client: &mut Client, from: u64) {
        let committed = self.committed.range(from..).map(|(number, _)| (*number, true));
        let never =
            self.never.iter().filter(|number| **number >= from).map(|number| (*number, false));
        let all: Vec<(u64, bool)> = committed.chain(never).collect();
        for part in all.chunks(64) {
            let at: Vec<_> = part.iter().map(|(number, _)| position(*number)).collect();
            let voxels = client.call("voxel.get", json!({ "project": "castle", "at": at }));
            for ((number, is_there), voxel) in
                part.iter().zip(voxels["voxels"].as_array().expect("a list"))
            {
                assert_eq!(voxel.is_object(), *is_there, "edit {number}: {voxel}");
            }
        }
    }
}

/// Where the edit of a number sets its voxel.
pub fn position(number: u64) -> Value {
    mark("castle", number)["edits"][0]["voxels"][0]["at"].clone()
}
