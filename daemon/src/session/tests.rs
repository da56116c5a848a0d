//! Order of reads behind edits, ids in flight, batches.

use std::sync::Arc;

use goxe_protocol::api::Role;

use super::*;
use crate::{
    call::{Envelope, Payload},
    memory::Memory,
    work::{Size, Weight},
};

fn session() -> Session {
    let peer = PeerId { slot: 0, generation: 0 };
    let memory = Memory::new(1 << 20, 1 << 20);
    let (account, aside) = (memory.account(), memory.part(usize::MAX));
    let inbound = Inbound::new(InboundLimits::default());
    Session::new(peer, 1, Principal::new("uid:1", Role::Edit), Gate::Open, inbound, account, aside)
}

fn open(session: &mut Session, number: u64, project: u32, kind: Kind) -> u32 {
    let opening = Opening {
        id: Some(Id::number(number)),
        form: ReplyForm::Whole(Form::Frames),
        project: Some(ProjectId(project)),
        kind,
        long: false,
        token: None,
    };
    session.open(opening).0.call
}

fn held(session: &Session, call: u32, project: u32, behind: u32) -> Held {
    let project = ProjectId(project);
    let mut envelope = Envelope::of_daemon();
    envelope.ticket = Ticket { peer: session.peer, call };
    envelope.cancel = Arc::default();
    let read = PendingRead {
        payload: Payload::Text("{}".into()),
        envelope,
        method: "voxel.get",
        run: |_| Ok(call::Reply::default()),
        weigh: |_| Weight { size: Size::Short, bytes: 0 },
        project,
        cursor: None,
        background: false,
    };
    Held { call, project, behind, read }
}

#[test]
fn a_read_waits_for_earlier_edits_of_its_project_only() {
    let mut session = session();
    let first = open(&mut session, 1, 7, Kind::Edit);
    let other = open(&mut session, 2, 8, Kind::Edit);
    assert_eq!(session.newest_edit(ProjectId(7)), Some(first));
    let read = open(&mut session, 3, 7, Kind::Read);
    session.hold(held(&session, read, 7, first));
    let later = open(&mut session, 4, 7, Kind::Edit);
    assert!(session.release().is_none());
    session.close(other);
    assert!(session.release().is_none());
    session.close(first);
    assert_eq!(session.release().map(|held| held.call), Some(read));
    assert!(session.release().is_none());
    assert_eq!(session.newest_edit(ProjectId(7)), Some(later));
}

#[test]
fn an_id_is_in_flight_until_it_is_answered() {
    let mut session = session();
    let call = open(&mut session, 5, 1, Kind::Read);
    assert!(session.find(&Id::number(5)).is_some());
    assert!(session.find(&Id::number(6)).is_none());
    assert!(session.close(call).is_some());
    assert!(session.close(call).is_none());
    assert!(session.find(&Id::number(5)).is_none());
}

#[test]
fn an_id_is_free_as_soon_as_its_answer_may_be_sent() {
    let mut session = session();
    let call = open(&mut session, 5, 1, Kind::Read);
    assert!(session.awaits(&Id::number(5)));
    assert!(session.lend(call));
    assert!(!session.awaits(&Id::number(5)) && session.find(&Id::number(5)).is_some());
    let other = open(&mut session, 6, 1, Kind::Read);
    assert!(!session.lend(other), "another answer is due before");
    session.unlend(call);
    assert!(session.awaits(&Id::number(5)), "its lane does not send it any more");
}

#[test]
fn a_batch_is_answered_when_its_last_member_is() {
    let mut session = session();
    session.form = Form::Lines;
    let batch = session.open_batch(2);
    let form = ReplyForm::Member { batch };
    let answer = |text: &str| Encoded { head: text.into(), attachment: None };
    let id = Id::number(1);
    assert!(session.gather(form, &id, answer("1"), 100).is_none());
    let whole = session.gather(form, &id, answer("2"), 100).unwrap();
    assert_eq!(whole.head, b"[1,2]\n");
    assert!(session.gather(form, &id, answer("3"), 100).is_none());
}

#[test]
fn a_batch_is_no_longer_than_an_answer_may_be() {
    let mut session = session();
    let batch = session.open_batch(3);
    let form = ReplyForm::Member { batch };
    let answer = |bytes| {
        let head = format!("{:?}", "x".repeat(bytes)).into_bytes();
        Encoded { head, attachment: None }
    };
    assert!(session.gather(form, &Id::number(1), answer(20_000), 30_000).is_none());
    assert!(session.gather(form, &Id::number(2), answer(20_000), 30_000).is_none());
    let whole = session.gather(form, &Id::number(3), answer(20), 30_000).unwrap();
    assert!(whole.head.len() < 30_000);
    let json: serde_json::Value = serde_json::from_slice(&whole.head[16..]).unwrap();
    assert_eq!(json[1]["error"]["code"], Code::TooLarge.number());
}
