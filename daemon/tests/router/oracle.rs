//! What is true: every record that the journal wrote, as its completions tell it, and what follows
//! from it for answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use goxe_daemon::call::Ticket;
use goxe_daemon::edit::Written;
use goxe_daemon::journal::keys::Key;
use goxe_daemon::journal::writer::Completion;
use goxe_daemon::journal::{ProjectId, Revision};
use goxe_daemon::store::catalogue;
use goxe_daemon::view::View;
use goxe_engine::coords::VoxelPos;
use serde_json::Value;

use crate::client::{Answer, Client, Request};

/// The newest revision number that anybody was told, by project.
pub type Floors = BTreeMap<ProjectId, u64>;

/// A read's revision, and the own edits before it.
struct Read {
    project: ProjectId,
    number: u64,
    peer: usize,
    id: u64,
    earlier: Vec<u64>,
}

#[derive(Default)]
pub struct Oracle {
    states: HashMap<Revision, Arc<View>>,
    pub newest: BTreeMap<ProjectId, Arc<View>>,
    pub catalogue: Arc<catalogue::State>,
    written: HashMap<Ticket, Option<Revision>>,
    unwritten: HashSet<Ticket>,
    keys: HashSet<(String, ProjectId, Key)>,
    pub floors: Floors,
    reads: Vec<Read>,
    by_key: HashMap<(String, String, ProjectId), Value>,
    pub records: usize,
}

impl Oracle {
    /// The journal told what became of a record; the router does not know yet.
    pub fn journaled(&mut self, completion: &Completion<Written>) {
        let written = completion.outcome.is_ok();
        let ticket = match &completion.ticket {
            Written::Edit(edit) => {
                if written {
                    self.edited(&edit.view);
                    self.written.insert(edit.ticket, Some(edit.view.revision));
                    self.once(&edit.author, edit.project, edit.key.map(|used| used.key));
                }
                edit.ticket
            }
            Written::Catalogue(change) => {
                if written {
                    self.catalogue = Arc::clone(&change.state);
                    self.written.insert(change.ticket, None);
                    let catalogue = ProjectId::CATALOGUE;
                    self.once(&change.author, catalogue, change.key.map(|used| used.key));
                }
                change.ticket
            }
        };
        if !written {
            self.unwritten.insert(ticket);
        }
        self.records += usize::from(written);
    }

    fn edited(&mut self, view: &Arc<View>) {
        let before = self.newest.insert(view.id, Arc::clone(view));
        let number = before.map_or(0, |before| before.revision.number);
        assert_eq!(view.revision.number, number + 1, "{:?}: a revision is missing", view.id);
        self.states.insert(view.revision, Arc::clone(view));
    }

    fn once(&mut self, author: &str, project: ProjectId, key: Option<Key>) {
        if let Some(key) = key {
            assert!(self.keys.insert((author.to_owned(), project, key)), "{key:?} was done twice");
        }
    }

    /// The project of a revision that somebody was told.
    fn told(&self, text: &str, what: &Value) -> Option<(ProjectId, u64)> {
        let revision: Revision = text.parse().unwrap();
        if revision == Revision::START {
            return None;
        }
        let view = self.states.get(&revision);
        let view = view.unwrap_or_else(|| panic!("{text} is in no journal: {what}"));
        Some((view.id, revision.number))
    }

    /// A peer got an answer.
    pub fn answered(&mut self, index: usize, client: &Client, answer: &Answer) {
        let Answer { request, json, .. } = answer;
        let ticket = request.call.map(|call| Ticket { peer: client.id, call });
        let written = ticket.and_then(|ticket| self.written.get(&ticket));
        let refused = ticket.is_some_and(|ticket| self.unwritten.contains(&ticket));
        if let Some(error) = json.get("error") {
            assert!(written.is_none(), "{}: it was done, and answered {error}", request.method);
            if let Some(newest) = error["data"]["revision"].as_str() {
                self.told(newest, json);
            }
            return;
        }
        assert!(!refused, "{}: it failed, and was answered {json}", request.method);
        let result = &json["result"];
        if let Some(items) = result["projects"].as_array() {
            items.iter().filter_map(|item| item["revision"].as_str()).for_each(|text| {
                self.told(text, json);
            });
        }
        let Some(text) = result["revision"].as_str() else { return };
        if let Some(Some(written)) = written {
            assert_eq!(text, written.to_string(), "{}", request.method);
        }
        let Some((project, number)) = self.told(text, json) else { return };
        self.check_effect(request, text);
        self.check_key(client, request, project, result);
        let old = request.key().is_some()
            || request.params.get("cursor").is_some()
            || request.method == "history.outcome";
        if !old {
            let floor = request.floors.get(&project).copied().unwrap_or_default();
            assert!(number >= floor, "{}: {text} is older than {floor}", request.method);
            let earlier = request.earlier.clone();
            let id = json["id"].as_u64().unwrap();
            self.reads.push(Read { project, number, peer: index, id, earlier });
        }
        let floor = self.floors.entry(project).or_default();
        *floor = number.max(*floor);
    }

    /// What an edit was to set is set in the state that its answer names.
    fn check_effect(&self, request: &Request, text: &str) {
        if request.method != "voxel.edit" || request.params["dry_run"] == Value::Bool(true) {
            return;
        }
        let voxel = &request.params["edits"][0]["voxels"][0];
        let Some(at) = voxel["at"].as_array() else { return };
        let at: Vec<i32> = at.iter().map(|x| i32::try_from(x.as_i64().unwrap()).unwrap()).collect();
        let color = u32::from_str_radix(&voxel["color"].as_str().unwrap()[1..], 16).unwrap();
        let [_, rgb @ ..] = color.to_be_bytes();
        let view = &self.states[&text.parse::<Revision>().unwrap()];
        let layer = view.project.layer_by_name(request.params["layer"].as_str().unwrap_or("main"));
        let layer = layer.unwrap_or_else(|| panic!("{text} has no such layer: {request:?}"));
        let found = layer.volume.get(VoxelPos::new(at[0], at[1], at[2]).unwrap());
        assert_eq!((found.is_empty(), found.rgb()), (false, rgb), "{text}: {request:?}");
    }

    /// Two answers of one key are one.
    fn check_key(
        &mut self,
        client: &Client,
        request: &Request,
        project: ProjectId,
        result: &Value,
    ) {
        let Some(key) = request.key() else { return };
        let name = (client.principal.clone(), key.to_owned(), project);
        if request.params["dry_run"] == Value::Bool(true) || result["group"].is_null() {
            return;
        }
        let first = self.by_key.entry(name).or_insert_with(|| result.clone());
        assert_eq!(first, result, "{key}: two answers");
    }

    /// What can only be seen at the end: no read overtook its peer's own edits.
    pub fn check_reads(&self, clients: &[Client]) {
        for Read { project, number, peer, id, earlier } in &self.reads {
            for before in earlier {
                let Some(answer) = clients[*peer].answers.get(before) else { continue };
                let Some(text) = answer.json["result"]["revision"].as_str() else { continue };
                let request = &clients[*peer].answers[id].request;
                // A key may stand for an edit of another connection, which has a turn of its own.
                if is_edit(&request.method) && answer.request.key().is_some() {
                    continue;
                }
                if let Some((other, earlier)) = self.told(text, &answer.json)
                    && other == *project
                    && is_edit(&answer.request.method)
                {
                    assert!(
                        *number >= earlier,
                        "{project:?}: {request:?} saw {number}, {answer:?} was sent before"
                    );
                }
            }
        }
    }
}

/// Whether a method changes a project.
pub fn is_edit(method: &str) -> bool {
    let info = goxe_protocol::api::find(method);
    info.is_some_and(|info| info.writes && info.noun() != "project" || method == "project.import")
}
