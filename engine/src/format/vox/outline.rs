//! The scene graph of a file to be written: groups, layers and the models they show.

use std::collections::HashMap;

use super::KEY_LAYER;
use super::write::Writer;

/// What a transform says besides which node is below it.
#[derive(Default)]
pub(super) struct Label<'a> {
    pub name: Option<&'a str>,
    pub hidden: bool,
    /// The group below is one layer, cut into tiles.
    pub one_layer: bool,
    pub translation: Option<[i32; 3]>,
}

/// Nodes by their id.
pub(super) struct Outline<'a> {
    nodes: Vec<OutlineNode<'a>>,
    /// The group node of each path.
    groups: HashMap<&'a str, u32>,
}

enum OutlineNode<'a> {
    Transform(Label<'a>, u32),
    Group(Vec<u32>),
    Shape(u32),
}

impl<'a> Outline<'a> {
    /// MagicaVoxel's "no layer" and "reserved".
    const NONE: u32 = u32::MAX;

    /// A root with nothing below it.
    pub fn new() -> Self {
        let mut outline = Self { nodes: Vec::new(), groups: HashMap::new() };
        let root = outline.push_group(None, Label::default());
        outline.groups.insert("", root);
        outline
    }

    /// The node of a group path, made where it is missing together with the groups above it.
    pub fn group(&mut self, path: &'a str) -> u32 {
        let mut group = self.groups[""];
        let mut start = 0;
        for name in path.split('/') {
            let end = start + name.len();
            group = match self.groups.get(&path[..end]) {
                Some(known) => *known,
                None => {
                    let label = Label { name: Some(name), ..Label::default() };
                    let new = self.push_group(Some(group), label);
                    self.groups.insert(&path[..end], new);
                    new
                }
            };
            start = end + 1;
        }
        group
    }

    /// A transform and a group below it; the group's id comes back.
    pub fn push_group(&mut self, parent: Option<u32>, label: Label<'a>) -> u32 {
        self.push(parent, label, OutlineNode::Group(Vec::new()))
    }

    /// A transform and a shape below it.
    pub fn push_shape(&mut self, parent: u32, label: Label<'a>, model: u32) {
        self.push(Some(parent), label, OutlineNode::Shape(model));
    }

    fn push(&mut self, parent: Option<u32>, label: Label<'a>, node: OutlineNode<'a>) -> u32 {
        let transform = u32::try_from(self.nodes.len()).expect("a few nodes a layer and tile");
        self.nodes.push(OutlineNode::Transform(label, transform + 1));
        self.nodes.push(node);
        let parent = parent.and_then(|id| self.nodes.get_mut(id as usize));
        if let Some(OutlineNode::Group(children)) = parent {
            children.push(transform);
        }
        transform + 1
    }

    pub fn write(&self, writer: &mut Writer) {
        for (id, node) in self.nodes.iter().enumerate() {
            let open = match node {
                OutlineNode::Transform(label, child) => {
                    let open = writer.open(b"nTRN");
                    writer.count(id);
                    label.write(writer);
                    writer.u32(*child);
                    writer.u32(Self::NONE);
                    // The root is on no layer, everything else on the only one.
                    writer.u32(if id == 0 { Self::NONE } else { 0 });
                    writer.u32(1);
                    let moved = label.translation.map(|[x, y, z]| format!("{x} {y} {z}"));
                    let moved: Vec<_> = moved.iter().map(|text| ("_t", text)).collect();
                    writer.dict(&moved);
                    open
                }
                OutlineNode::Group(children) => {
                    let open = writer.open(b"nGRP");
                    writer.count(id);
                    writer.dict::<&str>(&[]);
                    writer.count(children.len());
                    children.iter().for_each(|child| writer.u32(*child));
                    open
                }
                OutlineNode::Shape(model) => {
                    let open = writer.open(b"nSHP");
                    writer.count(id);
                    writer.dict::<&str>(&[]);
                    writer.u32(1);
                    writer.u32(*model);
                    writer.dict::<&str>(&[]);
                    open
                }
            };
            writer.close(open);
        }
    }
}

impl Label<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut entries = Vec::new();
        entries.extend(self.name.map(|name| ("_name", name)));
        entries.extend(self.hidden.then_some(("_hidden", "1")));
        entries.extend(self.one_layer.then_some((KEY_LAYER, "1")));
        writer.dict(&entries);
    }
}
