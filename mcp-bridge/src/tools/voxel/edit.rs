//! `voxels_edit`: edit lists.

use goxe_protocol::api::voxel;
use serde_json::Value;

use crate::tools::{
    Answer, Context, Failure, arguments,
    schema::{EDITS_MAX, VOXELS_MAX},
    step,
};

pub(in crate::tools) use goxe_protocol::api::voxel::EditParams as Arguments;

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let params: Arguments = arguments::read(context)?;
    check(context)?;
    let reply = context.ask::<voxel::Edit>(&params).await?;
    let next = match params.dry_run {
        true => step::after_dry_run(&params.project, &context.arguments),
        false => step::after_edit(&params.project, &reply),
    };
    Ok(Answer::data(&reply).with("done", !params.dry_run).with("next", next))
}

/// Refuses more than the schema lets through.
fn check(context: &Context<'_>) -> Result<(), Failure> {
    let refused = |index: usize, what: String, why: &str| {
        Err(Failure::new(
            format!("{} failed: {what}", context.tool.name()),
            format!("{why} Not done: nothing was changed. Next is one that fits, as a dry run."),
            context.tool.model_at(&context.arguments, index),
        ))
    };
    let edits = context.arguments.get("edits").and_then(Value::as_array);
    let edits = edits.map(Vec::as_slice).unwrap_or_default();
    if count(edits) > EDITS_MAX {
        let what = format!("{} edits, at most {EDITS_MAX} fit one call", edits.len());
        return refused(0, what, "Make several calls, or use larger shapes.");
    }
    for (index, edit) in edits.iter().enumerate() {
        for (list, items) in [("voxels", "voxels"), ("at", "places")] {
            let found = edit.get(list).and_then(Value::as_array);
            let found = found.map(Vec::as_slice).unwrap_or_default();
            if count(found) > VOXELS_MAX {
                let what = format!(
                    "`edits[{index}].{list}` has {} {items}, at most {VOXELS_MAX} fit one edit",
                    found.len()
                );
                return refused(index, what, "Make several edits, or use a shape.");
            }
        }
    }
    Ok(())
}

fn count(list: &[Value]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
