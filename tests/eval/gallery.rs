//! Pictures of the twenty models for the README. `tests/eval/gallery` runs this.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use crate::calls::bridge_in;
use crate::support::Place;
use crate::support::bridge::Bridge;
use crate::tasks::Task;

/// The side of one picture in the contact sheet, in pixels.
const CELL: usize = 384;
/// Pictures side by side.
const COLUMNS: usize = 5;

/// Where pictures go: `GOXE_GALLERY`, with a large picture of each model, else the documents, which
/// need the sheet alone.
fn target() -> (PathBuf, bool) {
    match std::env::var_os("GOXE_GALLERY") {
        Some(chosen) => (PathBuf::from(chosen), true),
        None => (Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gallery"), false),
    }
}

/// The picture of a task's model in a size.
fn render(bridge: &mut Bridge, task: &Task, side: usize) -> Vec<u8> {
    let mut arguments = json!({
        "project": task.project(),
        "width": side,
        "height": side,
    });
    for (name, value) in &task.picture {
        arguments[name] = serde_json::to_value(value).expect("TOML is JSON enough");
    }
    let answer = bridge.tool("render_view", arguments);
    assert!(!answer.is_error(), "{}: {}", task.name, answer.text());
    let blocks = answer.result["content"].as_array().cloned().unwrap_or_default();
    let image = blocks.iter().find_map(|block: &Value| block["data"].as_str());
    BASE64.decode(image.expect("a picture")).expect("base64")
}

/// The pixels of a picture, red, green and blue, on white where it is clear.
fn pixels(png: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a picture of bearable size")];
    let frame = reader.next_frame(&mut bytes).expect("pixels");
    assert_eq!((frame.width, frame.height), (384, 384), "as large as a cell");
    let channels = frame.color_type.samples();
    let color = |pixel: &[u8]| match *pixel {
        [r, g, b] => [r, g, b],
        [r, g, b, a] => [r, g, b].map(|channel| {
            let (channel, a) = (u32::from(channel), u32::from(a));
            u8::try_from((channel * a + 255 * (255 - a)) / 255).unwrap_or(u8::MAX)
        }),
        _ => panic!("{channels} channels"),
    };
    bytes.chunks_exact(channels).flat_map(color).collect()
}

/// All pictures side by side.
fn sheet(pictures: &[Vec<u8>], path: &Path) {
    let rows = pictures.len().div_ceil(COLUMNS);
    let width = COLUMNS * CELL;
    let mut canvas = vec![255; width * rows * CELL * 3];
    for (index, picture) in pictures.iter().enumerate() {
        let (left, top) = (index % COLUMNS * CELL, index / COLUMNS * CELL);
        for (y, row) in picture.chunks_exact(CELL * 3).enumerate() {
            let start = ((top + y) * width + left) * 3;
            canvas[start..start + row.len()].copy_from_slice(row);
        }
    }
    let file = BufWriter::new(File::create(path).expect("a file"));
    let side = |pixels: usize| u32::try_from(pixels).expect("a small picture");
    let mut encoder = png::Encoder::new(file, side(width), side(rows * CELL));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&canvas).expect("pixels");
}

#[test]
#[ignore = "it writes docs/gallery; tests/eval/gallery runs it"]
fn the_gallery_is_drawn() {
    let (target, with_each) = target();
    fs::create_dir_all(&target).expect("a folder is made");
    let place = Place::new();
    let mut bridge = bridge_in(&place, &[]);
    let mut pictures = Vec::new();
    for task in Task::all() {
        let faults = task.build(&mut bridge);
        assert!(faults.is_empty(), "{}: {faults:?}", task.name);
        if with_each {
            let large = render(&mut bridge, &task, 768);
            fs::write(target.join(format!("{}.png", task.name)), large).expect("a file is written");
        }
        pictures.push(pixels(&render(&mut bridge, &task, CELL)));
    }
    sheet(&pictures, &target.join("sheet.png"));
    println!("{} pictures in {}", pictures.len(), target.display());
}
