//! The bytes of the file: a header, the document, and one buffer.

use super::layout::{Layout, QUAD_VERTICES, VERTEX_BYTES};
use super::palette::Picture;
use crate::format::surface::{Surface, SurfaceError, y_up};
use crate::mesh::Quad;
use crate::progress::Progress;

const VERSION: u32 = 2;
const HEADER_BYTES: u64 = 12;
/// Length and kind before a chunk of the file.
const CHUNK_HEADER_BYTES: u64 = 8;
const QUAD_BYTES: usize = (QUAD_VERTICES * VERTEX_BYTES) as usize;
/// The corners of the two triangles of a quad.
const TRIANGLES: [u32; 6] = [0, 1, 2, 0, 2, 3];

/// The whole file, whose size is checked before it is begun.
pub(super) fn file(
    surface: &Surface<'_>,
    layout: &Layout,
    picture: &Picture,
    document: &str,
    bytes_max: u64,
    progress: &mut dyn Progress,
) -> Result<Vec<u8>, SurfaceError> {
    let padded = |bytes: u64| bytes.next_multiple_of(4);
    let document_bytes = padded(document.len() as u64);
    let buffer_bytes = match layout.quads {
        0 => 0,
        _ => {
            let indices = layout.short_bytes() + layout.long_bytes();
            padded(layout.vertex_bytes() + indices + picture.png.len() as u64)
        }
    };
    let buffer_chunk = if buffer_bytes > 0 { CHUNK_HEADER_BYTES + buffer_bytes } else { 0 };
    let bytes = HEADER_BYTES + CHUNK_HEADER_BYTES + document_bytes + buffer_chunk;
    if bytes > bytes_max {
        return Err(SurfaceError::TooLarge { bytes, max: bytes_max });
    }
    let mut out = Vec::with_capacity(size(bytes));
    out.extend_from_slice(b"glTF");
    put(&mut out, VERSION);
    put(&mut out, length(bytes));
    put(&mut out, length(document_bytes));
    out.extend_from_slice(b"JSON");
    out.extend_from_slice(document.as_bytes());
    out.resize(out.len().next_multiple_of(4), b' ');
    if buffer_bytes > 0 {
        put(&mut out, length(buffer_bytes));
        out.extend_from_slice(b"BIN\0");
        let vertices = out.len();
        out.resize(vertices + size(layout.vertex_bytes()), 0);
        write_vertices(surface, layout, picture, &mut out[vertices..], progress)?;
        let triangles =
            |quads: u64| (0..quads as u32).flat_map(|quad| TRIANGLES.map(|v| 4 * quad + v));
        triangles(layout.short)
            .for_each(|index| out.extend_from_slice(&(index as u16).to_le_bytes()));
        triangles(layout.long).for_each(|index| put(&mut out, index));
        out.extend_from_slice(&picture.png);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    debug_assert_eq!(out.len() as u64, bytes, "the size was known before");
    Ok(out)
}

/// Each quad goes where its part lies, behind those of the same part before it.
fn write_vertices(
    surface: &Surface<'_>,
    layout: &Layout,
    picture: &Picture,
    vertices: &mut [u8],
    progress: &mut dyn Progress,
) -> Result<(), SurfaceError> {
    let parts = |layer: usize| layout.layers.get(layer).into_iter().flatten();
    let mut layer_now = usize::MAX;
    // The place of the next quad of each material.
    let mut next = [0; 256];
    surface.mesh(progress, |layer, quads| {
        if layer != layer_now {
            layer_now = layer;
            for (slot, part) in parts(layer) {
                next[usize::from(slot.number())] = size(part.first);
            }
        }
        for quad in quads {
            let Some(slot) = quad.voxel.slot() else { continue };
            let place = &mut next[usize::from(slot.number())];
            let color = layout.palette.place(quad.voxel.rgb(), picture);
            write_quad(quad, color, &mut vertices[*place * QUAD_BYTES..][..QUAD_BYTES]);
            *place += 1;
        }
        Ok(())
    })
}

fn write_quad(quad: &Quad, [u, v]: [f32; 2], out: &mut [u8]) {
    let normal = y_up(quad.side.normal()).map(|part| part as f32);
    let corners = quad.corners().map(|corner| y_up(corner).map(|part| part as f32));
    for (out, [x, y, z]) in out.chunks_exact_mut(VERTEX_BYTES as usize).zip(corners) {
        let values = [x, y, z, normal[0], normal[1], normal[2], u, v];
        for (out, value) in out.chunks_exact_mut(4).zip(values) {
            // Not -0, which is the same and looks odd.
            out.copy_from_slice(&(value + 0.0).to_le_bytes());
        }
    }
}

fn put(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn length(bytes: u64) -> u32 {
    u32::try_from(bytes).expect("below the limit, which was checked")
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("below the limit, which was checked")
}
