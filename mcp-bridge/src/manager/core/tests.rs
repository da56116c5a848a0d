//! The core step by step, where the simulation's chance would hide the order.

use super::{
    Action, CallId, CallKind, Core, Epoch, Event, Found, Health, Identity, LinkId, Notice, Outcome,
    Reason, Recorded, ReplyKind, Settings, Starts, Token,
};

const CALL: CallId = CallId(1);
const LINK: LinkId = LinkId(1);
const LATE: u64 = 1_000_000;

fn id(epoch: &str) -> Identity {
    Identity { pid: 42, started: 7, epoch: Epoch::new(epoch) }
}

/// A core, and the last look it asked for.
struct Bench {
    core: Core,
    now_ms: u64,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { core: Core::new(settings), now_ms: 100_000 }
    }

    fn step(&mut self, event: Event) -> Vec<Action> {
        self.core.step(event, self.now_ms)
    }

    fn look(&mut self, actions: &[Action], found: Found) -> Vec<Action> {
        let token = actions.iter().find_map(|action| match action {
            Action::Look(token) => Some(*token),
            _ => None,
        });
        self.step(Event::Looked(token.expect("it looks"), found))
    }

    /// A core that is linked, with nothing to do.
    fn linked() -> Self {
        let mut bench = Self::new(Settings::default());
        let actions = bench.step(Event::Call(CallId(0), CallKind::Ensure, LATE));
        let actions = bench.look(&actions, Found::Ready(LINK, id("a")));
        assert_eq!(outcomes(&actions), [(CallId(0), Outcome::Done)]);
        bench
    }

    fn sent(kind: CallKind) -> Self {
        let mut bench = Self::linked();
        let actions = bench.step(Event::Call(CALL, kind, LATE));
        assert_eq!(actions, [Action::Send(CALL, LINK)]);
        bench
    }
}

fn outcomes(actions: &[Action]) -> Vec<(CallId, Outcome)> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Finish(call, outcome) => Some((*call, outcome.clone())),
            _ => None,
        })
        .collect()
}

fn locked(bench: &mut Bench, actions: &[Action]) -> Vec<Action> {
    let token = actions.iter().find_map(|action| match action {
        Action::TakeStartLock(token) => Some(*token),
        _ => None,
    });
    bench.step(Event::StartLocked(token.expect("it wants the lock"), Ok(())))
}

#[test]
fn a_fresh_link_is_used_at_once_and_an_old_one_is_asked_first() {
    let mut bench = Bench::linked();
    bench.now_ms += bench.core.settings.health_ms_max + 1;
    let actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    let [Action::Check(token, LINK)] = actions[..] else { panic!("{actions:?}") };
    let actions = bench.step(Event::Checked(token, Health::Ready { latency_us: 9 }));
    assert_eq!(actions.last(), Some(&Action::Send(CALL, LINK)));
}

#[test]
fn who_asks_for_a_daemon_gets_one_that_answers_now() {
    let mut bench = Bench::linked();
    let actions = bench.step(Event::Call(CALL, CallKind::Ensure, LATE));
    assert!(matches!(actions[..], [Action::Check(_, LINK)]), "{actions:?}");
    // The old one was just stopped, and that is heard only now.
    let actions = bench.step(Event::LinkLost(LINK));
    assert_eq!(outcomes(&actions), []);
    let actions = bench.look(&actions, Found::Ready(LinkId(2), id("b")));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Done)]);
}

#[test]
fn one_look_under_the_lock_finds_the_daemon_that_another_manager_started() {
    let mut bench = Bench::new(Settings::default());
    let actions = bench.step(Event::Call(CALL, CallKind::Ensure, LATE));
    let actions = bench.look(&actions, Found::Absent { left: None });
    let actions = locked(&mut bench, &actions);
    let actions = bench.look(&actions, Found::Ready(LINK, id("a")));
    assert!(actions.contains(&Action::DropStartLock));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Done)]);
}

#[test]
fn a_refusal_before_it_ran_does_not_count_as_a_sending() {
    let mut bench = Bench::sent(CallKind::Edit);
    let actions = bench.step(Event::Replied(CALL, ReplyKind::ShuttingDown));
    assert_eq!(outcomes(&actions), []);
    let actions = locked(&mut bench, &actions);
    let actions = bench.look(&actions, Found::Ready(LinkId(2), id("b")));
    assert!(actions.contains(&Action::Send(CALL, LinkId(2))));
}

#[test]
fn never_is_believed_at_once_only_from_another_daemon() {
    for (epoch, asked_again) in [("a", true), ("b", false)] {
        let mut bench = Bench::sent(CallKind::Edit);
        let actions = bench.step(Event::LinkLost(LINK));
        let actions = bench.look(&actions, Found::Ready(LinkId(2), id("a")));
        assert!(actions.contains(&Action::Send(CALL, LinkId(2))));
        let actions = bench.step(Event::LinkLost(LinkId(2)));
        let actions = bench.look(&actions, Found::Ready(LinkId(3), id(epoch)));
        assert!(actions.contains(&Action::AskOutcome(CALL, LinkId(3))));
        let actions = bench.step(Event::OutcomeTold(CALL, Recorded::Never));
        let never = [(CALL, Outcome::NotDone(Reason::NeverApplied))];
        if asked_again {
            assert_eq!(outcomes(&actions), []);
            bench.now_ms += bench.core.settings.settle_ms;
            let actions = bench.step(Event::Tick);
            assert_eq!(actions, [Action::AskOutcome(CALL, LinkId(3))]);
            let actions = bench.step(Event::OutcomeTold(CALL, Recorded::Never));
            assert_eq!(outcomes(&actions), never);
        } else {
            assert_eq!(outcomes(&actions), never);
        }
    }
}

#[test]
fn an_edit_without_time_left_is_cancelled_and_then_asked_for() {
    let mut bench = Bench::sent(CallKind::Edit);
    bench.now_ms = LATE;
    let actions = bench.step(Event::Tick);
    assert!(actions.contains(&Action::Cancel(CALL, LINK)));
    bench.now_ms += bench.core.settings.cancel_ms_max;
    let actions = bench.step(Event::Tick);
    assert!(actions.contains(&Action::AskOutcome(CALL, LINK)));
    let actions = bench.step(Event::OutcomeTold(CALL, Recorded::Running));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Unknown(Reason::StillRunning))]);
}

#[test]
fn a_timeout_that_the_daemon_reports_decides_nothing_about_an_edit() {
    let mut bench = Bench::sent(CallKind::Edit);
    let actions = bench.step(Event::Replied(CALL, ReplyKind::Undecided));
    assert_eq!(actions, [Action::AskOutcome(CALL, LINK)]);
    let actions = bench.step(Event::OutcomeTold(CALL, Recorded::Committed));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Done)]);
    let mut bench = Bench::sent(CallKind::Read);
    let actions = bench.step(Event::Replied(CALL, ReplyKind::Undecided));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Done)]);
}

#[test]
fn a_daemon_that_cannot_say_yet_what_became_of_an_edit_is_asked_again() {
    let mut bench = Bench::sent(CallKind::Edit);
    bench.step(Event::Replied(CALL, ReplyKind::Undecided));
    assert_eq!(outcomes(&bench.step(Event::OutcomeTold(CALL, Recorded::Later))), []);
    bench.now_ms += bench.core.settings.moment_ms;
    assert_eq!(bench.step(Event::Tick), [Action::AskOutcome(CALL, LINK)]);
    let actions = bench.step(Event::OutcomeTold(CALL, Recorded::Committed));
    assert_eq!(outcomes(&actions), [(CALL, Outcome::Done)]);
}

#[test]
fn without_leave_nothing_is_started_or_restarted() {
    let mut bench = Bench::new(Settings { autostart: false, ..Settings::default() });
    let actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    let actions = bench.look(&actions, Found::Absent { left: None });
    assert_eq!(outcomes(&actions), [(CALL, Outcome::NotDone(Reason::NoDaemon))]);

    let mut bench = Bench::new(Settings { restart_bad: false, ..Settings::default() });
    let mut actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    for _ in 0..4 {
        actions = bench.look(&actions, Found::Silent(id("a")));
        bench.now_ms += bench.core.settings.probe_gap_ms;
        actions.extend(bench.step(Event::Tick));
    }
    assert_eq!(outcomes(&actions), [(CALL, Outcome::NotDone(Reason::Bad))]);
}

#[test]
fn a_supervised_daemon_is_asked_for_and_never_signalled() {
    let mut bench = Bench::new(Settings::default());
    let mut actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    for _ in 0..4 {
        actions = bench.look(&actions, Found::Silent(id("a")));
        bench.now_ms += bench.core.settings.probe_gap_ms;
        actions.extend(bench.step(Event::Tick));
    }
    let actions = locked(&mut bench, &actions);
    let actions = bench.look(&actions, Found::Silent(id("a")));
    let Some(Action::Survey(token)) = actions.last() else { panic!("{actions:?}") };
    let starts = Starts::new("boot");
    let actions = bench.step(Event::Surveyed { token: *token, starts, supervised: true });
    let request = actions.iter().find_map(|action| match action {
        Action::AskServiceManager(token, request) => Some((*token, *request)),
        _ => None,
    });
    let (token, request) = request.expect("it asks");
    assert_eq!(request, super::ServiceRequest::Restart);
    assert!(!actions.iter().any(|action| matches!(action, Action::Kill(..) | Action::Start(_))));
    let refused = Err("not allowed".to_owned());
    let actions = bench.step(Event::ServiceManagerAnswered(token, refused));
    let Some((_, Outcome::NotDone(reason))) = outcomes(&actions).pop() else { panic!() };
    assert!(reason.to_string().contains("not allowed"));
    assert!(actions.contains(&Action::DropStartLock));
}

#[test]
fn a_recovery_is_followed_as_long_as_it_gets_on() {
    let mut bench = Bench::new(Settings::default());
    let actions = bench.step(Event::Call(CALL, CallKind::Ensure, u64::MAX));
    let at = |done| super::Advance { done, total: 100 };
    bench.look(&actions, Found::Recovering(LINK, id("a"), at(0)));
    let settings = bench.core.settings.clone();
    let mut check = |done: u64, later_ms: u64| {
        bench.now_ms += later_ms;
        let actions = bench.step(Event::Tick);
        match actions[..] {
            [Action::Check(token, LINK)] => {
                bench.step(Event::Checked(token, Health::Recovering(at(done))));
                true
            }
            _ => false,
        }
    };
    for done in 1..20 {
        assert!(check(done, settings.progress_ms_max - 1), "it got on to {done}");
    }
    assert!(!check(19, settings.progress_ms_max), "it stands still");
}

#[test]
fn a_daemon_that_is_full_is_asked_again_and_never_judged() {
    let mut bench = Bench::new(Settings::default());
    let mut actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    // It was slow to say so.
    for found in [Found::Silent(id("a")), Found::Silent(id("a")), Found::Full(id("a"))] {
        actions = bench.look(&actions, found);
        bench.now_ms += bench.core.settings.probe_gap_ms;
        actions.extend(bench.step(Event::Tick));
    }
    for _ in 0..20 {
        bench.now_ms += bench.core.settings.look_again_ms;
        let actions = bench.step(Event::Tick);
        assert!(matches!(actions[..], [Action::Look(_)]), "{actions:?}");
        assert_eq!(bench.look(&actions, Found::Full(id("a"))), []);
    }
    bench.now_ms += bench.core.settings.look_again_ms;
    let actions = bench.step(Event::Tick);
    let actions = bench.look(&actions, Found::Ready(LINK, id("a")));
    assert!(actions.contains(&Action::Send(CALL, LINK)), "{actions:?}");
}

#[test]
fn who_holds_the_folder_and_is_no_daemon_is_told_at_once() {
    let mut bench = Bench::new(Settings::default());
    let actions = bench.step(Event::Call(CALL, CallKind::Read, LATE));
    let actions = bench.look(&actions, Found::Absent { left: None });
    let actions = locked(&mut bench, &actions);
    let actions = bench.look(&actions, Found::Absent { left: None });
    let [Action::Survey(token)] = actions[..] else { panic!("{actions:?}") };
    let starts = Starts::new("boot");
    let actions = bench.step(Event::Surveyed { token, starts, supervised: false });
    let [Action::AwaitDataLock(token)] = actions[..] else { panic!("{actions:?}") };
    bench.now_ms += 600;
    let by = Some("process 7 (sleep 9)".to_owned());
    let actions = bench.step(Event::DataLockForeign(token, by.clone()));
    let reason = Reason::LockHeld { by, waited_ms: 600 };
    assert_eq!(outcomes(&actions), [(CALL, Outcome::NotDone(reason))]);
    assert!(actions.contains(&Action::DropStartLock));
}

#[test]
fn answers_to_old_questions_change_nothing() {
    let mut bench = Bench::linked();
    let stray = LinkId(9);
    let actions = bench.step(Event::Looked(Token(999), Found::Ready(stray, id("b"))));
    assert_eq!(actions, [Action::Close(stray)]);
    assert_eq!(bench.step(Event::Checked(Token(999), Health::Silent)), []);
    assert_eq!(bench.step(Event::Killed(Token(999), Ok(()))), []);
    assert_eq!(bench.step(Event::Replied(CallId(99), ReplyKind::Answer)), []);
    assert_eq!(bench.step(Event::LinkLost(stray)), []);
}

#[test]
fn a_lost_daemon_is_told_even_if_nobody_calls() {
    let mut bench = Bench::linked();
    let actions = bench.step(Event::LinkLost(LINK));
    let actions = bench.look(&actions, Found::Absent { left: Some(id("a")) });
    assert!(matches!(actions[..], [Action::Tell(Notice::Stopped { .. })]), "{actions:?}");
    assert_eq!(bench.core.wake_at_ms(), None);
}

#[test]
fn a_call_in_flight_does_not_die_with_a_daemon_that_hangs() {
    for kind in [CallKind::Read, CallKind::Edit] {
        let mut bench = Bench::sent(kind);
        bench.now_ms += bench.core.settings.silence_ms_max + 1;
        let actions = bench.step(Event::Tick);
        let [Action::Check(token, LINK)] = actions[..] else { panic!("{actions:?}") };
        let mut actions = bench.step(Event::Checked(token, Health::Silent));
        for _ in 0..bench.core.settings.probes_max {
            bench.now_ms += bench.core.settings.probe_gap_ms;
            let looks = |action: &Action| matches!(action, Action::Look(_));
            if !actions.iter().any(looks) {
                actions = bench.step(Event::Tick);
            }
            actions = bench.look(&actions, Found::Silent(id("a")));
        }
        // Judged bad: the call wants the daemon that comes next, and nothing else asks for one.
        let actions = locked(&mut bench, &actions);
        let actions = bench.look(&actions, Found::Silent(id("a")));
        let [Action::Survey(token)] = actions[..] else { panic!("{actions:?}") };
        let starts = Starts::new("boot");
        let actions = bench.step(Event::Surveyed { token, starts, supervised: false });
        assert!(matches!(actions.last(), Some(Action::Kill(..))), "{actions:?}");
        assert_eq!(outcomes(&actions), []);
    }
}

#[test]
fn what_nobody_keeps_a_record_of_is_sent_once() {
    let unknown = [(CALL, Outcome::Unknown(Reason::AnswerLost))];
    // Lost on the way: the next daemon does not get it.
    let mut bench = Bench::sent(CallKind::Once);
    let actions = bench.step(Event::LinkLost(LINK));
    let actions = bench.look(&actions, Found::Ready(LinkId(2), id("b")));
    assert_eq!(outcomes(&actions), unknown);
    let again = |action: &Action| matches!(action, Action::Send(..) | Action::AskOutcome(..));
    assert!(!actions.iter().any(again), "{actions:?}");

    // Refused before it was run: nothing was done yet.
    let mut bench = Bench::sent(CallKind::Once);
    let actions = bench.step(Event::Replied(CALL, ReplyKind::ShuttingDown));
    let actions = locked(&mut bench, &actions);
    let actions = bench.look(&actions, Found::Ready(LinkId(2), id("b")));
    assert!(actions.contains(&Action::Send(CALL, LinkId(2))));

    // Cancelled, and no answer to that.
    let mut bench = Bench::sent(CallKind::Once);
    bench.step(Event::Abandon(CALL));
    bench.now_ms += bench.core.settings.cancel_ms_max;
    assert_eq!(outcomes(&bench.step(Event::Tick)), unknown);

    // Given up while its daemon is away.
    let mut bench = Bench::sent(CallKind::Once);
    bench.step(Event::LinkLost(LINK));
    assert_eq!(outcomes(&bench.step(Event::Abandon(CALL))), unknown);
}
