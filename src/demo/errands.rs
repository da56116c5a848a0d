//! The middle of the demo: many small edits in flight, a daemon that is killed, and a count.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Instant;

use goxe_protocol::api::history::GroupItem;
use goxe_protocol::api::project::InfoReply;
use goxe_protocol::api::types::Box3;
use goxe_protocol::api::voxel::EditReply;
use serde::Serialize;

use super::mcp::ToolAnswer;
use super::scene::{self, Errand};
use super::story::{Story, ensure};
use super::studio::Studio;
use crate::failure::{Exit, Failure};
use crate::output::number;

/// So many answers are awaited before the daemon is killed.
const ANSWERS_BEFORE_KILL: usize = 8;

/// What became of the errands.
#[derive(Debug, Serialize)]
pub struct Balance {
    /// Edits that were sent.
    pub edits: usize,
    /// Of these, answered before the daemon was killed.
    pub answered_before: usize,
    /// In flight when it was killed.
    pub in_flight: usize,
    /// Acknowledged in the end.
    pub acknowledged: usize,
    /// Acknowledged, and not in the history: must be none.
    pub lost: usize,
    /// More than once in the history: must be none.
    pub doubled: usize,
    /// The daemon that was killed.
    pub killed_pid: u32,
    /// The daemon that took its place.
    pub new_pid: u32,
}

/// Sends all errands at once, kills the daemon among them, and counts what is there afterwards.
pub fn run(studio: &mut Studio, story: &mut Story) -> Result<Balance, Failure> {
    let before = studio.info()?;
    let killed_pid = studio.pid()?;
    let errands = scene::errands();
    let (first, rest) = errands.split_at(errands.len() / 2);
    let mut ids = studio.send_edits(first)?;
    let mut answers = Vec::new();
    for id in ids.iter().take(ANSWERS_BEFORE_KILL) {
        answers.push(studio.mcp.wait_call(*id)?);
    }
    // What was sent this moment is not answered yet, however quick the machine is.
    ids.extend(studio.send_edits(rest)?);
    let begun = Instant::now();
    kill(killed_pid)?;
    let answered_before = answers.len() + studio.mcp.waiting()?;
    let in_flight = errands.len() - answered_before;
    ensure(in_flight > 0, || {
        "the daemon answered every edit before it could be killed".to_owned()
    })?;
    let words =
        format!("pid {killed_pid}, {in_flight} of {} edits without an answer", errands.len());
    story.tell("SIGKILL", words, begun.elapsed());
    for id in ids.iter().skip(ANSWERS_BEFORE_KILL) {
        answers.push(studio.mcp.wait_call(*id)?);
    }
    let acknowledged = answers.iter().filter(|answer| is_acknowledged(answer)).count();
    // Should the last answer have left before the kill, this is the call that finds the daemon gone.
    studio.info()?;
    let new_pid = studio.pid()?;
    ensure(new_pid != killed_pid, || format!("the daemon {killed_pid} was killed and still runs"))?;
    let words = format!("pid {new_pid}; {acknowledged} of {} edits acknowledged", errands.len());
    story.tell("the bridge heals", words, begun.elapsed());
    let outcome = Balance {
        edits: errands.len(),
        answered_before,
        in_flight,
        acknowledged,
        lost: 0,
        doubled: 0,
        killed_pid,
        new_pid,
    };
    count(studio, story, &before, &errands, &answers, outcome)
}

/// Compares the history, the revision, the voxels and the boat's place with what was acknowledged.
fn count(
    studio: &mut Studio,
    story: &mut Story,
    before: &InfoReply,
    errands: &[Errand],
    answers: &[ToolAnswer],
    mut outcome: Balance,
) -> Result<Balance, Failure> {
    let begun = Instant::now();
    let after = studio.info()?;
    let history = studio.history(errands.len() * 2)?;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let is_new = |group: &&GroupItem| group.group > before.revision.number;
    for group in history.groups.iter().filter(is_new) {
        *times.entry(&group.label).or_default() += 1;
    }
    let done: Vec<&Errand> =
        errands.iter().filter(|errand| times.contains_key(errand.label.as_str())).collect();
    outcome.doubled = times.values().filter(|times| **times > 1).count();
    let acknowledged = errands.iter().zip(answers).filter(|(_, answer)| is_acknowledged(answer));
    outcome.lost =
        acknowledged.filter(|(errand, _)| !times.contains_key(errand.label.as_str())).count();
    let (lost, doubled) = (outcome.lost, outcome.doubled);
    ensure(lost == 0, || format!("{lost} acknowledged edits are not in the history"))?;
    ensure(doubled == 0, || format!("{doubled} edits were applied twice"))?;
    if let Some(answer) = answers.iter().find(|answer| !is_acknowledged(answer)) {
        return Err(Failure::new(Exit::Failed, "tool", answer.text.clone()));
    }
    let commits = u64::try_from(done.len()).unwrap_or(u64::MAX);
    same("revisions", before.revision.number + commits, after.revision.number)?;
    let added: u64 = done.iter().map(|errand| errand.adds).sum();
    same("voxels", before.voxels + added, after.voxels)?;
    let sailed: i32 = done.iter().map(|errand| errand.sails).sum();
    let course = |info: &InfoReply| boat(info).map(|bounds| bounds.min[0]);
    same("the boat's x", course(before).map(|x| x + sailed), course(&after))?;
    let words = format!(
        "{} edits, each once: {} voxels, boat {sailed} further, none lost, none doubled",
        done.len(),
        number(after.voxels)
    );
    story.tell("count", words, begun.elapsed());
    Ok(outcome)
}

fn same<T: PartialEq + Debug + Copy>(what: &str, wanted: T, found: T) -> Result<(), Failure> {
    ensure(wanted == found, || format!("{what}: {found:?}, and should be {wanted:?}"))
}

fn is_acknowledged(answer: &ToolAnswer) -> bool {
    !answer.is_error && answer.data["done"] == true && is_edit(answer)
}

fn is_edit(answer: &ToolAnswer) -> bool {
    serde_json::from_value::<EditReply>(answer.data.clone())
        .is_ok_and(|reply| reply.group.is_some())
}

fn boat(info: &InfoReply) -> Option<Box3> {
    info.layers.iter().find(|layer| layer.layer == scene::BOAT_LAYER)?.bounds
}

/// Kills a process as nobody can foresee it: no handler runs, nothing is flushed.
fn kill(pid: u32) -> Result<(), Failure> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let number = i32::try_from(pid).unwrap_or(0);
    ensure(number > 1, || format!("{pid} is no process of ours"))?;
    kill(Pid::from_raw(number), Signal::SIGKILL)
        .map_err(|error| Failure::new(Exit::Failed, "demo", format!("cannot kill {pid}: {error}")))
}
