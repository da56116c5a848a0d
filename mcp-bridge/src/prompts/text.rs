//! What the prompts say.

use serde_json::json;

/// Build something new.
pub(super) fn build(goal: &str, size: Option<&str>, style: Option<&str>) -> String {
    let size = match size {
        None => "Choose a size that fits: 16 to 32 voxels for an object, 32 to 64 for a building."
            .to_owned(),
        Some("small") => "Size: small, at most 24 voxels on each side.".to_owned(),
        Some("medium") => "Size: medium, about 32 to 48 voxels on the longest side.".to_owned(),
        Some("large") => "Size: large, about 64 to 96 voxels on the longest side.".to_owned(),
        Some(size) => format!("Size: {size} (x by y by z, where it names three numbers)."),
    };
    let style = match style {
        None => "Choose a palette of 4 to 8 colours that go together.".to_owned(),
        Some(style) => format!("Style: {style}. Choose a palette of 4 to 8 colours that fits it."),
    };
    format!(
        "Build this as a voxel model with goxe: {goal}\n\
         {size}\n\
         {style}\n\
         \n\
         Work like this:\n\
         1. Plan first, in a few lines: the parts, their boxes in coordinates (z is up, x right, y \
         away from the viewer; corners are inclusive), the palette as #rrggbb. Let it stand on z = 0, \
         its middle near x = 0, y = 0.\n\
         2. `project` {{\"action\":\"create\"}} under a short name; if the name is taken choose another, \
         never touch what others made.\n\
         3. Build with `voxels_edit`: the large masses first, then what is cut away, then details. Put \
         many edits into one call and give each call a `label`; a call is one undo step. Parts that \
         you may want to change later get layers of their own. Use symmetry: build one half and mirror it.\n\
         4. After each stage call `render_view`, from at least two sides, and look: proportions, holes, \
         parts that float, colours that vanish into each other. Say what you see, then correct it. \
         When a place is unclear, `voxels_read` {{\"read\":\"slices\"}} shows it voxel by voxel.\n\
         5. Before anything risky: `history` {{\"action\":\"checkpoint\"}}. If a step made it worse, undo it.\n\
         6. Finish with two or three touches that make it alive: a lighter edge, a darker base, a small \
         asymmetry. Then show isometric, front and back views, and tell me the project's name, its size \
         and what I could ask for next.\n\
         \n\
         Done is: it is recognised at a glance from the front and in the isometric view, nothing floats, \
         and the last render_view was made after the last edit."
    )
}

/// Look at something from all sides, and list its faults.
pub(super) fn review(project: &str, checkpoint: Option<&str>, view: Option<&str>) -> String {
    let sheet = json!({ "project": project, "view": "sheet" });
    let info = json!({ "project": project });
    let mut text = format!(
        "Review the goxe project {project:?}. Look only; change nothing unless I ask for it.\n\
         \n\
         1. `project_info` {info}: size, layers, counts. Note the revision.\n\
         2. `render_view` {sheet}: all sides in one picture. Then from nearer only where something is \
         unclear.\n\
         3. For each side say in one line what it shows and what is wrong in it.\n\
         4. Where something looks wrong, make sure with `voxels_read` {{\"read\":\"slices\"}} or \
         `voxels_find`: a fault is only one if you can name its coordinates.\n"
    );
    if let Some(checkpoint) = checkpoint {
        let before = json!({ "project": project, "compare": checkpoint });
        text.push_str(&format!(
            "5. Compare with the checkpoint {checkpoint:?}: `render_view` {before} shows both, and \
             marks what differs. Say what changed, and whether it is better.\n"
        ));
    }
    if let Some(view) = view {
        text.push_str(&format!("The {view} view matters most: look at it first, and hardest.\n"));
    }
    text.push_str(
        "\n\
         Look for: holes and missing voxels, parts that float, broken symmetry, walls without \
         thickness, stray voxels, wrong proportions, colours that cannot be told apart, details lost \
         at this size, layers that are hidden or empty.\n\
         \n\
         Answer with a list, worst first: what, where (coordinates and side), how to mend it as one \
         `voxels_edit` call. End with one line: what is good about it and must stay.",
    );
    text
}
