//! The part of the file that says what the rest is.

use std::collections::HashMap;

use super::json::{Members, list, string};
use super::layout::{Layout, Part, QUAD_INDICES, QUAD_VERTICES, VERTEX_BYTES};
use super::palette::Picture;
use crate::format::surface::Surface;
use crate::material::{Material, MaterialTable};
use crate::voxel::MaterialSlot;

// Numbers that the format gives its terms.
const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;
const NEAREST: u32 = 9728;
const CLAMP_TO_EDGE: u32 = 33071;

const TRANSMISSION: &str = "KHR_materials_transmission";

/// The document of a surface.
pub(super) fn text(
    surface: &Surface<'_>,
    layout: &Layout,
    picture: &Picture,
    materials: &MaterialTable,
    name: &str,
) -> String {
    let (mut nodes, mut roots) = nodes(surface, layout);
    if nodes.is_empty() {
        // A scene with nothing in it is allowed, and more than some readers bear.
        nodes.push(Members::object().set("name", string(name)).finish());
        roots.push(0);
    }
    let scene = Members::object().set("name", string(name)).set("nodes", list(roots));
    let generator = concat!("goxe ", env!("CARGO_PKG_VERSION"));
    let asset = Members::object().set("version", "\"2.0\"").set("generator", string(generator));
    let document = Members::object()
        .set("asset", asset.finish())
        .set("scene", 0)
        .set("scenes", list([scene.finish()]))
        .set("nodes", list(nodes));
    // The format knows no empty lists.
    match layout.quads {
        0 => document.finish(),
        _ => content(document, layout, picture, materials).finish(),
    }
}

/// A node for each layer and each group, and those that lie in no other.
fn nodes(surface: &Surface<'_>, layout: &Layout) -> (Vec<String>, Vec<usize>) {
    let mut names: Vec<&str> = Vec::new();
    let mut meshes: Vec<Option<usize>> = Vec::new();
    let mut children: Vec<Vec<usize>> = Vec::new();
    let mut roots = Vec::new();
    let mut groups: HashMap<&str, usize> = HashMap::new();
    let mut mesh = 0;
    for (layer, parts) in surface.layers.iter().zip(&layout.layers) {
        let mut add = |name, mesh, parent: Option<usize>| {
            let node = names.len();
            names.push(name);
            meshes.push(mesh);
            children.push(Vec::new());
            parent.map_or(&mut roots, |parent| &mut children[parent]).push(node);
            node
        };
        let mut parent = None;
        let ends = layer.group.match_indices('/').map(|(end, _)| end).chain([layer.group.len()]);
        for path in ends.map(|end| &layer.group[..end]).filter(|path| !path.is_empty()) {
            let name = path.rsplit('/').next().unwrap_or(path);
            parent = Some(match groups.get(path) {
                Some(node) => *node,
                None => add(name, None, parent),
            });
            groups.extend(parent.map(|node| (path, node)));
        }
        let own = (!parts.is_empty()).then_some(mesh);
        mesh += usize::from(own.is_some());
        add(layer.name, own, parent);
    }
    let nodes = names.iter().zip(meshes).zip(children).map(|((name, mesh), children)| {
        let mut node = Members::object().set("name", string(name));
        if let Some(mesh) = mesh {
            node = node.set("mesh", mesh);
        }
        if !children.is_empty() {
            node = node.set("children", list(children));
        }
        node.finish()
    });
    (nodes.collect(), roots)
}

/// Meshes, materials and what they are made of.
fn content(
    document: Members,
    layout: &Layout,
    picture: &Picture,
    materials: &MaterialTable,
) -> Members {
    let slots = layout.slots();
    let look = |slot: &MaterialSlot| materials.get(*slot).cloned().unwrap_or_default();
    let looks: Vec<Material> = slots.iter().map(look).collect();
    let (views, buffer_bytes) = views(layout, picture);
    let (accessors, meshes) = meshes(layout, &slots);
    let sampler = Members::object()
        .set("magFilter", NEAREST)
        .set("minFilter", NEAREST)
        .set("wrapS", CLAMP_TO_EDGE)
        .set("wrapT", CLAMP_TO_EDGE);
    let image = Members::object()
        .set("name", string("palette"))
        .set("bufferView", views.len() - 1)
        .set("mimeType", string("image/png"));
    let texture = Members::object().set("sampler", 0).set("source", 0);
    let buffer = Members::object().set("byteLength", buffer_bytes);
    let document = document
        .set("meshes", list(meshes))
        .set("materials", list(slots.iter().zip(&looks).map(material)))
        .set("textures", list([texture.finish()]))
        .set("images", list([image.finish()]))
        .set("samplers", list([sampler.finish()]))
        .set("accessors", list(accessors))
        .set("bufferViews", list(views))
        .set("buffers", list([buffer.finish()]));
    match looks.iter().any(is_glass) {
        true => document.set("extensionsUsed", list([string(TRANSMISSION)])),
        false => document,
    }
}

/// The stretches of the buffer: vertices, indices of both kinds where there are any, the palette.
fn views(layout: &Layout, picture: &Picture) -> (Vec<String>, u64) {
    let mut views = Vec::new();
    let mut offset = 0;
    let mut add = |bytes: u64, terms: &[(&str, u64)]| {
        let mut view = Members::object().set("buffer", 0);
        if offset > 0 {
            view = view.set("byteOffset", offset);
        }
        view = view.set("byteLength", bytes);
        for (key, value) in terms {
            view = view.set(key, value);
        }
        views.push(view.finish());
        offset += bytes;
    };
    let vertices = [("byteStride", VERTEX_BYTES), ("target", ARRAY_BUFFER.into())];
    add(layout.vertex_bytes(), &vertices);
    for bytes in [layout.short_bytes(), layout.long_bytes()] {
        if bytes > 0 {
            add(bytes, &[("target", ELEMENT_ARRAY_BUFFER.into())]);
        }
    }
    add(picture.png.len() as u64, &[]);
    (views, offset)
}

/// For each part three accessors of its vertices and one of its indices, and the meshes of them.
fn meshes(layout: &Layout, slots: &[MaterialSlot]) -> (Vec<String>, Vec<String>) {
    let (mut accessors, mut meshes) = (Vec::new(), Vec::new());
    for parts in layout.layers.iter().filter(|parts| !parts.is_empty()) {
        let mut primitives = Members::list();
        for (slot, part) in parts {
            let first = accessors.len();
            accessors.extend(part_accessors(layout, part));
            let attributes = Members::object()
                .set("POSITION", first)
                .set("NORMAL", first + 1)
                .set("TEXCOORD_0", first + 2);
            let material = slots.binary_search(slot).expect("every part's material is listed");
            let primitive = Members::object()
                .set("attributes", attributes.finish())
                .set("indices", first + 3)
                .set("material", material);
            primitives.add(primitive.finish());
        }
        meshes.push(Members::object().set("primitives", primitives.finish()).finish());
    }
    (accessors, meshes)
}

fn part_accessors(layout: &Layout, part: &Part) -> [String; 4] {
    let vertices = |offset: u64, kind: &str| {
        Members::object()
            .set("bufferView", 0)
            .set("byteOffset", part.first * QUAD_VERTICES * VERTEX_BYTES + offset)
            .set("componentType", FLOAT)
            .set("count", part.vertices())
            .set("type", string(kind))
    };
    let (view, component) = match part.is_short() {
        true => (1, UNSIGNED_SHORT),
        false => (1 + usize::from(layout.short > 0), UNSIGNED_INT),
    };
    let indices = Members::object()
        .set("bufferView", view)
        .set("componentType", component)
        .set("count", part.quads * QUAD_INDICES)
        .set("type", string("SCALAR"));
    let places = vertices(0, "VEC3").set("min", list(part.min)).set("max", list(part.max));
    [
        places.finish(),
        vertices(12, "VEC3").finish(),
        vertices(24, "VEC2").finish(),
        indices.finish(),
    ]
}

/// Glass lets light through; anything else with alpha is mixed with what is behind it.
fn is_glass(material: &Material) -> bool {
    material.glass && material.alpha < 255
}

fn material((slot, material): (&MaterialSlot, &Material)) -> String {
    let share = |value: u8| f32::from(value) / 255.0;
    let palette = Members::object().set("index", 0).finish();
    let is_mixed = material.alpha < 255 && !is_glass(material);
    let mut surface = Members::object().set("baseColorTexture", &palette);
    if is_mixed {
        surface = surface.set("baseColorFactor", list([1.0, 1.0, 1.0, share(material.alpha)]));
    }
    surface = surface
        .set("metallicFactor", share(material.metallic))
        .set("roughnessFactor", share(material.roughness));
    let name = match material.name.as_str() {
        "" => format!("material {}", slot.number()),
        name => name.to_owned(),
    };
    let mut text =
        Members::object().set("name", string(&name)).set("pbrMetallicRoughness", surface.finish());
    if material.emission > 0 {
        text = text
            .set("emissiveTexture", &palette)
            .set("emissiveFactor", list([share(material.emission); 3]));
    }
    if is_mixed {
        text = text.set("alphaMode", string("BLEND"));
    }
    if is_glass(material) {
        let glass = Members::object().set("transmissionFactor", share(255 - material.alpha));
        let extensions = Members::object().set(TRANSMISSION, glass.finish());
        text = text.set("extensions", extensions.finish());
    }
    text.finish()
}
