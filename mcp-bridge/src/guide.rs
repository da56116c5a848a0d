//! What a model is told about building: the few lines that come with the server, and the longer
//! guide that it can read as a resource.

/// What every client is told first. Where tools are loaded on demand, this and the names are all
/// that a model sees of them: workflow, limits, words to find them by.
pub const INSTRUCTIONS: &str = "\
goxe builds and edits 3D voxel models (pixel-art-like blocks, MagicaVoxel .vox): create, shape, \
colour, inspect, render and export them.

Workflow:
1. project {\"action\":\"list\"} or create; project_info shows what is there.
2. voxels_edit with a list of edits (boxes, balls, cylinders, cones, lines, text, copies, mirror, \
gradients). One call is one undo step, all or nothing. Big shapes first, then details.
3. render_view after every few edits, from at least two sides. Look, then correct.
4. voxels_read {\"read\":\"slices\"} shows exactly where each voxel is; repair from that.
5. history {\"action\":\"checkpoint\"} before anything risky; undo takes back one call.
6. project {\"action\":\"export\"} writes a file.

Space: z is up, x to the right, y away from the viewer in the front view; whole numbers from \
-32768 to 32767; both corners of a box belong to it. Colours are #rrggbb.
Sharing: others may edit the same project. Pass `if_revision` (from any answer) to edit only what \
you have seen; undo never takes back another author's work unasked.
Limits: 200 edits a call, 1000 voxels an edit; use shapes for more. Lists come in pages: pass \
`cursor` on.
Safety: every acknowledged edit is saved and survives crashes. An answer has `done` true, or the \
error says whether anything was done. Errors end with `Next:` and the call to make; answers name \
in `next` what to look at.
The engine starts by itself. If something hangs: engine_health. How to build well: resource \
goxe://guide.";

/// The resource `goxe://guide`: how to build models that people like to look at.
pub const GUIDE: &str = "\
# Building well with goxe

## Plan before the first voxel
- Decide the size: 16 to 32 voxels for an object, 32 to 64 for a building, 64 to 128 for a scene. \
Small models read better than large empty ones.
- Put the model on the ground: z 0 is the lowest layer of voxels. Keep its middle at x = 0 or at a \
half (plane 7.5 for x 0 to 15), so that mirror and rotate are easy.
- Choose 4 to 8 colours first: one or two main colours, a darker and a lighter shade of each, one \
accent. Pure #ff0000, #00ff00, #000000 and #ffffff look flat; take #c8322f, #4f8a3c, #22242a, #f2efe6.
- One layer for each part that you may want to change, hide or export alone: walls, roof, ground.

## Order of work
1. Silhouette: boxes, ellipsoids, cylinders and cones. Render. Does one see what it is?
2. Cut: `mode` \"subtract\" for doors, windows, arches; a smaller box or ellipsoid hollows a body.
3. Structure: what repeats is built once and copied: `copy` with `count` makes fences, stairs (offset \
[1,0,1]), columns, windows, tiles.
4. Symmetry: build one half, then `mirror`. For four or eight equal parts: one part, then `rotate` \
with `keep`.
5. Colour: `gradient` for sky, water, worn walls; `noise` for stone, grass, leaves (amount 8 to 20); \
darker voxels where parts meet, lighter ones on upper edges.
6. Light: a material with emission for lamps, windows at night, lava.
7. Details last: single voxels with `set`, signs with `text`.

## Look
- render_view after each step; from the front, from above and at an angle before you call it done.
- A picture shows how it looks, `voxels_read` slices show where it is: rulers carry the coordinates, \
a letter is a colour, `.` is empty. Find the row, then `set`, `remove` or `box` exactly there.
- voxels_find {\"by\":\"histogram\"} shows stray colours: a colour with three voxels is a mistake or a detail.

## Coordinates
- Both corners belong to a box: 0 to 9 are ten voxels. A wall of thickness 1 has min = max on that axis.
- A window in a wall along x: same y as the wall, `mode` \"subtract\", then a `box` of glass.
- `ellipsoid` and `text` go by corners and may have even sides; `sphere` has a voxel in its middle and \
therefore odd sides.
- `cylinder` and `cone` begin at `base` and grow along `axis`, upwards for z. A roof is a `cone` with \
`square` true.
- `mirror` at plane 7.5 swaps 7 and 8; at plane 7 the voxels at 7 stay.

## Sharing and safety
- One call is one undo step. Group what belongs together: one call for the roof, not forty.
- `dry_run` counts without changing; `if_revision` refuses when somebody else was quicker.
- history {\"action\":\"checkpoint\"} before an experiment, `restore` to come back.
- Undo refuses to take back another author's step; ask them, or say `any_author`.

## Faults that one sees often
- Floating parts: read slices along x or y, or render from below.
- Walls one voxel off: an end that was counted twice. min and max both belong to the box.
- Everything one colour: add shades; the eye needs edges.
- Symmetry broken by one voxel: the plane is a half for even widths, whole for odd ones.
";

#[cfg(test)]
mod tests {
    use super::{GUIDE, INSTRUCTIONS};

    #[test]
    fn the_instructions_fit_every_client() {
        // The shortest limit that a client has.
        assert!(INSTRUCTIONS.len() < 2_000, "{} bytes", INSTRUCTIONS.len());
        for word in
            ["voxel", "3D", "MagicaVoxel", "render", "export", "undo", "Limits", "goxe://guide"]
        {
            assert!(INSTRUCTIONS.contains(word), "{word}");
        }
    }

    #[test]
    fn the_guide_is_one_page() {
        assert!(GUIDE.len() < 8_000, "{} bytes", GUIDE.len());
        assert!(GUIDE.lines().all(|line| line.len() < 400));
    }
}
