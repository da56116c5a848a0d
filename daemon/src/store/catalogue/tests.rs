//! The catalogue: names, numbers, the trash, and its bytes.

use super::*;

const MAX: usize = 4;

fn change(state: &State, op: &Op) -> Result<State, CatalogueError> {
    let change = state.prepare(op, MAX)?;
    assert_eq!(Change::decode(&change.encode()), Ok(change.clone()));
    let revision = Revision { number: state.revision().number + 1, chain: 7 };
    let next = state.apply(&change, "ann", 1000)?.at(revision);
    assert_eq!(State::decode(&next.encode()), Ok(next.clone()));
    Ok(next)
}

fn create(state: &State, name: &str) -> Result<State, CatalogueError> {
    change(state, &Op::Create { name: name.to_owned() })
}

fn live(state: &State) -> Vec<(u32, &str)> {
    state.live().map(|item| (item.id.0, &*item.name)).collect()
}

const ONE: ProjectId = ProjectId(1);
const TWO: ProjectId = ProjectId(2);

#[test]
fn a_project_lives_in_the_trash_for_a_while() {
    let state = create(&State::default(), "house").unwrap();
    let state = create(&state, "car").unwrap();
    assert_eq!(live(&state), [(2, "car"), (1, "house")], "by name");
    assert_eq!(state.find("house"), Some(ONE));
    let item = state.item(ONE).unwrap();
    assert_eq!((item.created_ms, &*item.author), (1000, "ann"));

    let state = change(&state, &Op::Rename { id: TWO, to: "bus".to_owned() }).unwrap();
    assert_eq!((state.find("car"), state.find("bus")), (None, Some(TWO)));

    let state = change(&state, &Op::Delete { id: ONE }).unwrap();
    assert_eq!(live(&state), [(2, "bus")]);
    assert_eq!(state.trash().map(|item| item.id).collect::<Vec<_>>(), [ONE]);
    assert_eq!(state.name(ONE).as_deref(), Some("house"));
    assert_eq!(state.names().count(), 2);

    let state = create(&state, "house").unwrap();
    let back = |to: Option<&str>| Op::Restore { id: ONE, to: to.map(str::to_owned) };
    let taken = Err(CatalogueError::NameTaken("house".into()));
    assert_eq!(change(&state, &back(None)).map(|_| ()), taken);
    let restored = change(&state, &back(Some("old house"))).unwrap();
    assert_eq!(live(&restored), [(2, "bus"), (3, "house"), (1, "old house")]);

    let purged = change(&state, &Op::Purge { id: ONE }).unwrap();
    assert!(purged.item(ONE).is_none());
    assert!(purged.is_purged(ONE) && !purged.is_purged(TWO) && !purged.is_purged(ProjectId(9)));
    assert_eq!(create(&purged, "new").unwrap().find("new"), Some(ProjectId(4)), "never again 1");
}

#[test]
fn what_does_not_fit_is_refused() {
    let state = create(&State::default(), "house").unwrap();
    let long = "x".repeat(NAME_CHARS_MAX + 1);
    for name in ["", "a/b", "a\nb", "a\0", &long] {
        assert_eq!(create(&state, name), Err(CatalogueError::BadName), "{name:?}");
    }
    assert!(create(&state, &"ü".repeat(NAME_CHARS_MAX)).is_ok());
    let missing = change(&state, &Op::Delete { id: TWO });
    assert_eq!(missing, Err(CatalogueError::Missing(TWO)));
    let purged = change(&state, &Op::Purge { id: ONE });
    assert_eq!(purged, Err(CatalogueError::NotInTrash(ONE)));
    let deleted = change(&state, &Op::Delete { id: ONE }).unwrap();
    let renamed = change(&deleted, &Op::Rename { id: ONE, to: "x".to_owned() });
    assert_eq!(renamed, Err(CatalogueError::InTrash(ONE)));
    let same = change(&state, &Op::Rename { id: ONE, to: "house".to_owned() });
    assert_eq!(live(&same.unwrap()), [(1, "house")]);
    let mut full = state;
    for name in ["b", "c", "d"] {
        full = create(&full, name).unwrap();
    }
    assert_eq!(create(&full, "e"), Err(CatalogueError::Full { count: 4, max: 4 }));
}

#[test]
fn a_misspelt_name_finds_its_neighbour() {
    let mut state = State::default();
    for name in ["house", "horse", "tree"] {
        state = create(&state, name).unwrap();
    }
    assert_eq!(state.nearest("hause"), Some("house"));
    assert_eq!(state.nearest("House"), Some("house"));
    assert_eq!(state.nearest("tre"), Some("tree"));
    assert_eq!(state.nearest("completely else"), None);
    assert_eq!(state.nearest("x"), None);
    let names: Vec<_> = state.live_after("horse").map(|item| &*item.name).collect();
    assert_eq!(names, ["house", "tree"]);
}

#[test]
fn cut_and_changed_bytes_never_panic() {
    let state = create(&State::default(), "house").unwrap();
    let state = create(&state, "tree").unwrap();
    let bytes = change(&state, &Op::Delete { id: ONE }).unwrap().encode();
    for at in 0..bytes.len() {
        assert!(State::decode(&bytes[..at]).is_err());
        let mut flipped = bytes.clone();
        flipped[at] ^= 0xff;
        let _ = State::decode(&flipped);
    }
}
