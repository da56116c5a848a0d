//! The store on a real folder: lives of projects over restarts.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use goxe_engine::coords::{Bounds, VoxelPos};
use goxe_engine::edit::{Edit, Mode};
use goxe_engine::limits::Limits;
use goxe_engine::project::{Request, Stamp};
use goxe_engine::shape::Shape;
use goxe_engine::voxel::{MaterialSlot, Voxel};

use crate::journal::chain::change_digest;
use crate::journal::disk::Folder;
use crate::journal::keys::{Key, Lookup};
use crate::journal::record::Draft;
use crate::journal::segment;
use crate::journal::writer::{Completion, Durability};
use crate::store::catalogue::{Op, State};

use super::*;

const HOUSE: ProjectId = ProjectId(1);
const LIMITS: KeyLimits = KeyLimits { keep_ms: 86_400_000, keys_max: 100 };

/// A daemon with nothing around it.
struct Shell {
    store: Store<()>,
    ends: Receiver<Completion<()>>,
    found: Recovered<()>,
}

fn open(folder: &tempfile::TempDir) -> Shell {
    let settings = Settings {
        durability: Durability::Interval(Duration::from_millis(1)),
        segment_bytes: 1 << 20,
        change_inline_bytes_max: 1 << 20,
        queue_max: 16,
        queue_bytes_max: 1 << 20,
    };
    let (sender, ends) = channel();
    let listener: Listener<()> = Box::new(move |batch| {
        for end in batch {
            sender.send(end).unwrap();
        }
    });
    let store = Store::new(Arc::new(Folder::new(folder.path())), settings, LIMITS, listener);
    let found = store.recover(&mut |_, _| {}).unwrap();
    Shell { store, ends, found }
}

impl Shell {
    fn append(&self, project: ProjectId, before: Revision, change: Vec<u8>) -> Revision {
        let time_ms = now_ms();
        let after = before.next(project, "ann", time_ms, &change_digest(&change));
        let draft = Draft {
            project,
            before,
            after,
            author: "ann".to_owned(),
            time_ms,
            key: Some(key(before.number)),
            params: [0; 16],
            answer: b"{}".to_vec(),
            label: "an edit".to_owned(),
            change,
        };
        let record = self.found.appender.encode(&draft).unwrap();
        self.found.appender.append(record, 0, ()).unwrap();
        self.ends.recv().unwrap().outcome.unwrap();
        after
    }

    fn catalogue(&self, state: &State, op: &Op) -> State {
        let change = state.prepare(op, 10).unwrap();
        let after = self.append(ProjectId::CATALOGUE, state.revision(), change.encode());
        state.apply(&change, "ann", now_ms()).unwrap().at(after)
    }

    /// Fills a box of a project; what it is then comes from the disk.
    fn edit(&self, project: ProjectId, size: i32) {
        let (state, before, ..) = sound(self.store.load(project, &mut || {}));
        let at = |n| VoxelPos::new(n, n, n).unwrap();
        let fill = Edit::Fill {
            layer: "main".to_owned(),
            shape: Shape::cuboid(Bounds::new(at(0), at(size)).unwrap()),
            mode: Mode::Over(Voxel::new([size.to_le_bytes()[0], 2, 3], MaterialSlot::DEFAULT)),
        };
        let prepared = state.prepare(&Request::Edit(vec![fill]), &Limits::default(), &mut ());
        let change = prepared.unwrap().change;
        let stamp = Stamp { author: "ann", time_ms: 0, label: "an edit" };
        state.apply(&change, stamp).unwrap();
        self.append(project, before, change.encode());
    }
}

fn key(number: u64) -> Key {
    let [_, _, a, b, c, d, e, f] = now_ms().to_be_bytes();
    Key([a, b, c, d, e, f, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number.to_le_bytes()[0]])
}

fn sound(loaded: Loaded) -> (Box<Project>, Revision, Keys, Option<String>) {
    match loaded {
        Loaded::Sound { project, revision, keys, read_only } => {
            (project, revision, keys, read_only)
        }
        Loaded::Broken(reason) => panic!("{reason}"),
    }
}

fn house(folder: &tempfile::TempDir, edits: i32) -> Shell {
    let shell = open(folder);
    shell.catalogue(&shell.found.catalogue, &Op::Create { name: "house".to_owned() });
    for size in 1..=edits {
        shell.edit(HOUSE, size);
    }
    shell
}

#[test]
fn projects_come_back_from_records_and_from_images() {
    let folder = tempfile::tempdir().unwrap();
    let shell = house(&folder, 3);
    let (project, revision, keys, _) = sound(shell.store.load(HOUSE, &mut || {}));
    assert_eq!((project.count(), revision.number, keys.len()), (64, 3, 3));
    shell.store.close().unwrap();

    let shell = open(&folder);
    assert_eq!(shell.found.catalogue.find("house"), Some(HOUSE));
    assert_eq!(shell.found.keys.len(), 1);
    let [(HOUSE, bytes)] = shell.found.projects[..] else { panic!("one project") };
    assert!(bytes > 100, "{bytes} bytes to replay");
    let back = sound(shell.store.load(HOUSE, &mut || {}));
    assert_eq!((&back.0, back.1), (&project, revision));
    shell.store.save(HOUSE, revision, &project, &back.2).unwrap();
    shell.store.save_catalogue(&shell.found.catalogue, &shell.found.keys).unwrap();
    shell.edit(HOUSE, 4);
    shell.store.close().unwrap();

    // From here on without the segment that the images cover.
    let shell = open(&folder);
    assert_eq!(folder.path().join("journal").read_dir().unwrap().count(), 1);
    let (project, revision, keys, read_only) = sound(shell.store.load(HOUSE, &mut || {}));
    assert_eq!((project.count(), revision.number, read_only), (125, 4, None));
    assert_eq!(keys.len(), 4);
    let known = keys.lookup("ann", key(99), &[0; 16], now_ms(), &LIMITS);
    assert_eq!(known, Lookup::Unknown);
    assert_eq!(project.history().undo_count(), 4, "with its history");
}

#[test]
fn a_damaged_project_is_read_only_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let shell = house(&folder, 3);
    let located = shell.found.appender.locate(HOUSE).unwrap();
    let third = located.index.plan(Revision::START).records[2];
    shell.store.close().unwrap();
    let path = folder.path().join(segment::path(third.segment));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[usize::try_from(third.offset).unwrap() + third.bytes / 2] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let shell = open(&folder);
    let (project, revision, _, read_only) = sound(shell.store.load(HOUSE, &mut || {}));
    assert_eq!((project.count(), revision.number), (27, 2));
    assert!(read_only.unwrap().contains(&third.place().to_string()));
    assert_eq!(shell.found.read_only, None, "the catalogue is sound");
    let state = shell.catalogue(&shell.found.catalogue, &Op::Create { name: "car".to_owned() });
    let car = state.find("car").unwrap();
    shell.edit(car, 1);
    assert_eq!(sound(shell.store.load(car, &mut || {})).1.number, 1);
    shell.store.close().unwrap();
}

#[test]
fn a_project_that_does_not_replay_is_quarantined() {
    let folder = tempfile::tempdir().unwrap();
    let shell = house(&folder, 1);
    let head = sound(shell.store.load(HOUSE, &mut || {})).1;
    shell.append(HOUSE, head, b"no change of any project".to_vec());
    shell.store.close().unwrap();
    let shell = open(&folder);
    match shell.store.load(HOUSE, &mut || {}) {
        Loaded::Broken(reason) => assert!(reason.starts_with("revision 2."), "{reason}"),
        Loaded::Sound { .. } => panic!("garbage was replayed"),
    }
    shell.store.close().unwrap();
}

#[test]
fn a_purged_project_is_gone_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let shell = house(&folder, 1);
    let (project, revision, keys, _) = sound(shell.store.load(HOUSE, &mut || {}));
    shell.store.save(HOUSE, revision, &project, &keys).unwrap();
    shell.store.close().unwrap();
    let shell = open(&folder);
    let state = shell.catalogue(&shell.found.catalogue, &Op::Delete { id: HOUSE });
    shell.catalogue(&state, &Op::Purge { id: HOUSE });
    shell.store.close().unwrap();
    let images = folder.path().join(image::folder(HOUSE));
    assert!(images.exists(), "nobody said so to the journal");
    let shell = open(&folder);
    shell.found.appender.flush().unwrap();
    assert!(!images.exists(), "the next start does what was left");
    assert!(shell.found.projects.is_empty());
    shell.store.close().unwrap();
}

#[test]
fn the_folder_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let shell = open(&folder);
    assert!(matches!(shell.store.recover(&mut |_, _| {}), Err(OpenError::Twice)));
    assert!(matches!(shell.store.load(ProjectId(7), &mut || {}), Loaded::Sound { .. }));
    shell.store.close().unwrap();
    assert!(matches!(shell.store.load(ProjectId(7), &mut || {}), Loaded::Broken(_)));
}
