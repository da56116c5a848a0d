//! Bad files, one for each refusal, with the offset that is named.

use goxe_engine::format::vox::{
    ChunkName, ImportError, VoxError, VoxErrorKind, VoxLimits, import, parse,
};

use crate::chunks::{chunk, dict, file, group, model, shape, text, transform, words};

fn refusal(bytes: &[u8]) -> VoxError {
    match import(bytes, &VoxLimits::default(), &mut ()) {
        Err(ImportError::File(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn check(bytes: &[u8], offset: usize, kind: &VoxErrorKind) {
    let error = refusal(bytes);
    assert_eq!((error.offset, &error.kind), (offset, kind), "{error}");
}

/// One good model, 40 bytes and one voxel long, from byte 20 on.
fn dot() -> Vec<u8> {
    model([1, 1, 1], &[[0, 0, 0, 1]])
}

const DOT_BYTES: usize = 24 + 12 + 8;

/// The dot with a scene graph of these nodes.
fn scene(nodes: &[Vec<u8>]) -> Vec<u8> {
    file(&[dot(), nodes.concat()])
}

#[test]
fn the_head() {
    check(b"", 0, &VoxErrorKind::Magic);
    check(b"DOOD....", 0, &VoxErrorKind::Magic);
    let cut = |what, needed, left| VoxErrorKind::Truncated { what, needed, left };
    check(b"VOX \x96", 4, &cut("the version", 4, 1));
    check(b"VOX \x97\0\0\0", 4, &VoxErrorKind::Version { found: 151 });
    check(b"VOX \x96\0\0\0MA", 8, &cut("a chunk's name", 4, 2));
    let other = [b"VOX \x96\0\0\0".to_vec(), chunk(b"SIZE", &[0; 4])].concat();
    check(&other, 8, &VoxErrorKind::MainMissing { found: ChunkName(*b"SIZE") });
    assert!(parse(&file(&[]), &VoxLimits::default()).unwrap().models.is_empty());
}

#[test]
fn chunks_longer_than_what_is_around_them() {
    let mut bytes = file(&[dot()]);
    bytes.pop();
    let main = ChunkName(*b"MAIN");
    check(&bytes, 8, &VoxErrorKind::PastParent { chunk: main, size: 44, left: DOT_BYTES - 1 });
    let mut bytes = file(&[dot()]);
    bytes[24] = 200;
    let size = ChunkName(*b"SIZE");
    check(&bytes, 20, &VoxErrorKind::PastParent { chunk: size, size: 200, left: DOT_BYTES - 12 });
    let mut bytes = file(&[chunk(b"what", b"")]);
    bytes[24..32].fill(0xff);
    let what = ChunkName(*b"what");
    let size = 2 * u64::from(u32::MAX);
    check(&bytes, 20, &VoxErrorKind::PastParent { chunk: what, size, left: 0 });
}

#[test]
fn models() {
    for size in [[0, 1, 1], [1, 257, 1], [1, 1, u32::MAX]] {
        check(&file(&[model(size, &[])]), 32, &VoxErrorKind::Size { size });
    }
    let size = chunk(b"SIZE", &words(&[1, 1, 1]));
    let voxels = chunk(b"XYZI", &words(&[0]));
    check(&file(&[voxels]), 20, &VoxErrorKind::SizeMissing);
    check(&file(std::slice::from_ref(&size)), 20, &VoxErrorKind::VoxelsMissing);
    check(&file(&[size.clone(), size.clone()]), 20, &VoxErrorKind::VoxelsMissing);
    let count = VoxErrorKind::Count { what: "voxels", count: 2, left: 4 };
    check(&file(&[size, chunk(b"XYZI", &words(&[2, 0]))]), 56, &count);
    let outside = model([2, 3, 4], &[[1, 2, 3, 1], [0, 3, 0, 1]]);
    let kind = VoxErrorKind::VoxelOutside { voxel: [0, 3, 0], size: [2, 3, 4] };
    check(&file(&[outside]), 64, &kind);
    check(&file(&[model([1, 1, 1], &[[0, 0, 0, 0]])]), 60, &VoxErrorKind::ColourZero);
}

#[test]
fn rows_are_checked_voxel_by_voxel() {
    let row = |length: u16| -> Vec<[u8; 4]> {
        (0..length).map(|x| [u8::try_from(x).unwrap(), 0, 0, 1]).collect()
    };
    let kind = VoxErrorKind::VoxelOutside { voxel: [20, 0, 0], size: [20, 2, 1] };
    check(&file(&[model([20, 2, 1], &row(32))]), 60 + 4 * 20, &kind);
    let mut gap = row(48);
    gap[39][3] = 0;
    check(&file(&[model([48, 1, 1], &gap)]), 60 + 4 * 39, &VoxErrorKind::ColourZero);
    let mut step = row(48);
    step[40][2] = 1;
    let kind = VoxErrorKind::VoxelOutside { voxel: [40, 0, 1], size: [48, 1, 1] };
    check(&file(&[model([48, 1, 1], &step)]), 60 + 4 * 40, &kind);
}

#[test]
fn values_cut_off() {
    let cut = |what, needed, left| VoxErrorKind::Truncated { what, needed, left };
    check(&file(&[chunk(b"SIZE", &words(&[1, 1]))]), 40, &cut("a model's size", 4, 0));
    check(&file(&[chunk(b"RGBA", &[0; 1023])]), 32, &cut("the palette", 1024, 1023));
    check(&file(&[chunk(b"IMAP", &[0; 255])]), 32, &cut("the index map", 256, 255));
    check(&file(&[chunk(b"nGRP", &[0; 3])]), 32, &cut("a node's id", 4, 3));
}

#[test]
fn counts_that_the_bytes_do_not_hold() {
    let count = |what, count, left| VoxErrorKind::Count { what, count, left };
    let many = words(&[7, u32::MAX]);
    check(&file(&[chunk(b"MATL", &many)]), 36, &count("dictionary entries", u32::MAX, 0));
    let long = [words(&[7, 1]), words(&[9]), b"_t\0\0".to_vec()].concat();
    check(&file(&[chunk(b"MATL", &long)]), 40, &count("bytes of a dictionary key", 9, 4));
    let children = words(&[0, 0, 1 << 30, 1]);
    check(&file(&[chunk(b"nGRP", &children)]), 40, &count("children", 1 << 30, 4));
    let shown = words(&[0, 0, 2, 1, 0]);
    check(&file(&[chunk(b"nSHP", &shown)]), 40, &count("models of a shape", 2, 8));
    let frames = words(&[0, 0, 1, 0, 0, 5, 0, 0, 0, 0]);
    check(&file(&[chunk(b"nTRN", &frames)]), 52, &count("frames", 5, 16));
    let notes = [words(&[3]), text("a"), words(&[0])].concat();
    check(&file(&[chunk(b"NOTE", &notes)]), 32, &count("notes", 3, 9));
}

#[test]
fn node_references() {
    let first = 20 + DOT_BYTES + 12;
    let root = transform(0, 1, &[], &[]);
    let second = first + root.len();
    check(&scene(std::slice::from_ref(&root)), first, &VoxErrorKind::NodeMissing { id: 1 });
    let twice = [root.clone(), shape(0, 0)];
    check(&scene(&twice), second, &VoxErrorKind::NodeDuplicate { id: 0 });
    let missing = VoxErrorKind::ModelMissing { model: 1, models: 1 };
    check(&scene(&[root.clone(), shape(1, 1)]), second, &missing);
    let own = [root.clone(), group(1, &[1])];
    check(&scene(&own), second, &VoxErrorKind::NodeCycle { id: 1 });
    let round = [root, group(1, &[2]), transform(2, 0, &[], &[])];
    assert!(matches!(refusal(&scene(&round)).kind, VoxErrorKind::NodeCycle { .. }));
}

#[test]
fn frames() {
    let at = 20 + DOT_BYTES + 12 + 4 + 4 + 16;
    for bad in ["0", "3", "12", "5", "256", "-1", "", "4x"] {
        let node = transform(0, 1, &[], &[("_r", bad)]);
        check(&scene(&[node, shape(1, 0)]), at, &VoxErrorKind::Rotation { text: bad.to_owned() });
    }
    for bad in ["", "1 2", "1 2 3 4", "1 2 x", "1.5 0 0", "0 0 2147483648"] {
        let node = transform(0, 1, &[], &[("_t", bad)]);
        let kind = VoxErrorKind::Translation { text: bad.to_owned() };
        check(&scene(&[node, shape(1, 0)]), at, &kind);
    }
}

#[test]
fn coordinates_outside_of_a_project() {
    let at =
        |text: &str| scene(&[transform(0, 1, &[("_name", "far")], &[("_t", text)]), shape(1, 0)]);
    for good in ["32767 0 0", "-32768 -32768 -32768"] {
        assert!(import(&at(good), &VoxLimits::default(), &mut ()).is_ok(), "{good}");
    }
    for (bad, position) in [
        ("32768 0 0", [32768, 0, 0]),
        ("0 -32769 0", [0, -32784, 0]),
        ("0 0 2147483647", [0, 0, 2_147_483_632]),
    ] {
        let error = refusal(&at(bad));
        let layer = "far".to_owned();
        assert_eq!(error.kind, VoxErrorKind::OutOfRange { layer, position }, "{bad}");
    }
}

#[test]
fn a_long_foreign_text_is_shortened_in_the_message() {
    let long = "9".repeat(1000);
    let error = refusal(&scene(&[transform(0, 1, &[], &[("_t", &long)]), shape(1, 0)]));
    assert!(error.to_string().len() < 150, "{error}");
}

#[test]
fn text_that_is_not_utf8_is_replaced() {
    let mut entry = dict(&[("_name", "aXb")]);
    let at = entry.iter().position(|byte| *byte == b'X').unwrap();
    entry[at] = 0xff;
    let content = [words(&[0]), entry, words(&[1, u32::MAX, 0, 1, 0])].concat();
    let bytes = scene(&[chunk(b"nTRN", &content), shape(1, 0)]);
    let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
    assert_eq!(imported.layers[0].name, "a\u{fffd}b");
}
