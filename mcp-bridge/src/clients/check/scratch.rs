//! A project of the check's own: built, looked at, a render of it cancelled, and removed for good.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Plan, Report, Step, Trouble, peer::Peer, short, told};

/// How long a call on so small a project may take.
const CALL_MAX: Duration = Duration::from_secs(60);
/// How long a call beside a cancelled one may take; the cancelled one would take longer.
const CANCEL_MAX: Duration = Duration::from_secs(20);
/// A picture that takes a while.
const LARGE: u32 = 1_568;

pub(super) fn run(peer: &mut Peer, plan: &Plan, report: &mut Report<'_>) -> Result<(), Trouble> {
    if plan.read_only {
        for check in ["edit", "render", "cancel"] {
            report(Step::skipped(check, "nothing was to be made"));
        }
        return Ok(());
    }
    let name = format!("goxe check {}", Uuid::now_v7().simple());
    let Some(created) =
        done(peer, report, "project", &json!({ "action": "create", "project": name }))?
    else {
        return Ok(());
    };
    let went = use_it(peer, report, &name);
    // Removed even if something in between went wrong, as long as the server answers.
    let id = created["structuredContent"]["id"].clone();
    let removed = remove(peer, &name, &id);
    went?;
    if let Some(why) = removed? {
        let hint = format!("goxe project delete {name:?}");
        report(Step::poor("clean up", format!("{name} is still there: {why}"), hint));
    }
    Ok(())
}

fn use_it(peer: &mut Peer, report: &mut Report<'_>, name: &str) -> Result<(), Trouble> {
    let begun = Instant::now();
    let edits = json!([
        { "edit": "box", "min": [0, 0, 0], "max": [15, 15, 3], "color": "#808080" },
        { "edit": "sphere", "center": [8, 8, 9], "radius": 5, "color": "#c81e1e" },
    ]);
    let edit = json!({ "project": name, "edits": edits });
    let Some(edited) = done(peer, report, "voxels_edit", &edit)? else { return Ok(()) };
    let added = edited["structuredContent"]["added"].as_u64().unwrap_or_default();
    report(
        Step::good("edit", format!("{added} voxels in a project of its own")).took(begun.elapsed()),
    );

    let begun = Instant::now();
    let (rendered, bytes) = peer.call("render_view", &json!({ "project": name }), CALL_MAX)?;
    let blocks = rendered["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let step = match blocks.iter().find(|block| block["type"] == "image") {
        Some(image) => {
            let kind = image["mimeType"].as_str().unwrap_or("a picture");
            Step::good("render", format!("{kind}, as the model sees it"))
        }
        None => Step::bad("render", short(&told(&rendered)), "`goxe doctor`, `goxe daemon logs`"),
    };
    report(step.took(begun.elapsed()).sized(bytes));
    cancel(peer, report, name)
}

/// A large render is begun and cancelled; a call after it must not wait for it.
fn cancel(peer: &mut Peer, report: &mut Report<'_>, name: &str) -> Result<(), Trouble> {
    let arguments = json!({ "project": name, "width": LARGE, "height": LARGE });
    let render = json!({ "name": "render_view", "arguments": arguments });
    let begun = Instant::now();
    let id = peer.send("tools/call", render)?;
    peer.tell("notifications/cancelled", &json!({ "requestId": id, "reason": "check" }))?;
    peer.call("project_info", &json!({ "project": name }), CANCEL_MAX)?;
    let step = match peer.has_answer(id) {
        false => Step::good("cancel", "a cancelled render gets no answer, and the next call one"),
        true => Step::poor("cancel", "a cancelled call is answered", "update the server"),
    };
    report(step.took(begun.elapsed()));
    Ok(())
}

/// Takes the project away for good. The reason if that did not work.
fn remove(peer: &mut Peer, name: &str, id: &Value) -> Result<Option<String>, Trouble> {
    for arguments in [
        json!({ "action": "delete", "project": name }),
        json!({ "action": "purge", "id": id, "confirm": true }),
    ] {
        let (result, _) = peer.call("project", &arguments, CALL_MAX)?;
        if result["isError"] == true {
            return Ok(Some(short(&told(&result))));
        }
    }
    Ok(None)
}

/// The result of a call, if it worked.
fn done(
    peer: &mut Peer,
    report: &mut Report<'_>,
    tool: &'static str,
    arguments: &Value,
) -> Result<Option<Value>, Trouble> {
    let (result, _) = peer.call(tool, arguments, CALL_MAX)?;
    if result["isError"] == true {
        let hint = "`goxe doctor` names what is wrong";
        report(Step::bad("edit", short(&told(&result)), hint));
        return Ok(None);
    }
    Ok(Some(result))
}
