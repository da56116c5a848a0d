//! The scene graph walked: which models stand where, under which name, in which layer to be.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{Limit, VoxError, VoxErrorKind};
use super::limits::VoxLimits;
use super::node::{Node, NodeKind, ShapeModel, Transform};
use super::parse::{LayerEntry, VoxFile};
use super::placement::Placement;
use crate::layer::{clean_group, clean_name};

/// A layer to be made.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Clean, not yet unique.
    pub name: String,
    /// The names of the groups around it, with `/` between them.
    pub group: Arc<str>,
    pub visible: bool,
    /// What it shows: one model, or the tiles of a layer that was cut up.
    pub shown: Vec<Shown>,
}

/// A model and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Index into the file's models.
    pub model: usize,
    pub placement: Placement,
    /// Where in the file this is said.
    pub offset: usize,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub leaves: Vec<Leaf>,
    /// Transforms with more than one frame; the first was taken.
    pub animated: u32,
    /// Nodes that nothing leads to.
    pub unreached: u32,
}

/// Walks the scene graph from its root.
pub(super) fn walk(file: &VoxFile<'_>, limits: &VoxLimits) -> Result<Scene, VoxError> {
    let graph = Graph::check(file)?;
    let mut walk = Walk { graph: &graph, limits, visits: 0, placed: 0, scene: Scene::default() };
    let mut stack: Vec<Visit> = graph.roots().into_iter().rev().map(Visit::root).collect();
    let mut reached = vec![false; file.nodes.len()];
    while let Some(visit) = stack.pop() {
        reached[visit.node] = true;
        walk.visit(&visit, &mut stack)?;
    }
    let unreached = reached.iter().filter(|reached| !**reached).count();
    walk.scene.unreached = u32::try_from(unreached).unwrap_or(u32::MAX);
    Ok(walk.scene)
}

/// The nodes with every reference resolved and no cycle among them.
struct Graph<'a> {
    file: &'a VoxFile<'a>,
    index: HashMap<u32, usize>,
    /// Name of each of the file's layers, and whether it is hidden.
    layers: HashMap<u32, (Option<&'a str>, bool)>,
}

impl<'a> Graph<'a> {
    fn check(file: &'a VoxFile<'a>) -> Result<Self, VoxError> {
        let mut index = HashMap::with_capacity(file.nodes.len());
        for (at, node) in file.nodes.iter().enumerate() {
            if index.insert(node.id, at).is_some() {
                let kind = VoxErrorKind::NodeDuplicate { id: node.id };
                return Err(VoxError::new(node.offset, kind));
            }
        }
        let layer = |layer: &'a LayerEntry| (layer.id, (layer.name.as_deref(), layer.hidden));
        let layers = file.layers.iter().map(layer).collect();
        let graph = Self { file, index, layers };
        for node in &file.nodes {
            graph.check_references(node)?;
        }
        graph.check_cycles()?;
        Ok(graph)
    }

    fn check_references(&self, node: &Node) -> Result<(), VoxError> {
        for id in children(node) {
            if !self.index.contains_key(id) {
                return Err(VoxError::new(node.offset, VoxErrorKind::NodeMissing { id: *id }));
            }
        }
        let NodeKind::Shape(shown) = &node.kind else { return Ok(()) };
        let models = self.file.models.len();
        for ShapeModel { model, .. } in shown.iter().copied() {
            if usize::try_from(model).is_ok_and(|model| model < models) {
                continue;
            }
            return Err(VoxError::new(node.offset, VoxErrorKind::ModelMissing { model, models }));
        }
        Ok(())
    }

    /// Depth first, every node once, with its own stack: a file may nest deeper than a thread can.
    fn check_cycles(&self) -> Result<(), VoxError> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.file.nodes.len()];
        let mut stack = Vec::new();
        for start in 0..marks.len() {
            if marks[start] == Mark::New {
                marks[start] = Mark::Open;
                stack.push((start, 0));
            }
            while let Some((at, next)) = stack.pop() {
                let node = &self.file.nodes[at];
                let Some(id) = children(node).get(next) else {
                    marks[at] = Mark::Done;
                    continue;
                };
                stack.push((at, next + 1));
                let child = self.index[id];
                match marks[child] {
                    Mark::New => {
                        marks[child] = Mark::Open;
                        stack.push((child, 0));
                    }
                    Mark::Open => {
                        let kind = VoxErrorKind::NodeCycle { id: *id };
                        return Err(VoxError::new(node.offset, kind));
                    }
                    Mark::Done => {}
                }
            }
        }
        Ok(())
    }

    /// Node 0, as the format says; where that is missing or below another, whatever is on top.
    fn roots(&self) -> Vec<usize> {
        let mut on_top = vec![true; self.file.nodes.len()];
        for id in self.file.nodes.iter().flat_map(children) {
            on_top[self.index[id]] = false;
        }
        match self.index.get(&0) {
            Some(&root) if on_top[root] => vec![root],
            _ => (0..on_top.len()).filter(|&at| on_top[at]).collect(),
        }
    }
}

/// The ids of the nodes directly below `node`.
fn children(node: &Node) -> &[u32] {
    match &node.kind {
        NodeKind::Transform(transform) => std::slice::from_ref(&transform.child),
        NodeKind::Group(children) => children,
        NodeKind::Shape(_) => &[],
    }
}

/// A node still to be visited, and what the nodes above say about it.
#[derive(Clone)]
struct Visit {
    node: usize,
    depth: u32,
    placement: Placement,
    group: Arc<str>,
    visible: bool,
    /// The transform directly above.
    transform: Option<usize>,
    /// The layer that everything below belongs to, where it was cut into tiles.
    tiles_of: Option<usize>,
}

impl Visit {
    fn root(node: usize) -> Self {
        Self {
            node,
            depth: 0,
            placement: Placement::IDENTITY,
            group: Arc::from(""),
            visible: true,
            transform: None,
            tiles_of: None,
        }
    }
}

struct Walk<'a> {
    graph: &'a Graph<'a>,
    limits: &'a VoxLimits,
    visits: u32,
    placed: u32,
    scene: Scene,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, visit: &Visit, stack: &mut Vec<Visit>) -> Result<(), VoxError> {
        let node = &self.graph.file.nodes[visit.node];
        checked(Limit::Depth, visit.depth, self.limits.depth_max, node.offset)?;
        match &node.kind {
            NodeKind::Transform(transform) => {
                let mut below = self.below(visit, transform.child);
                below.placement = visit.placement.within(transform.frames[0].placement);
                below.visible &= !transform.hidden && !self.layer(transform).1;
                below.transform = Some(visit.node);
                stack.push(below);
                self.count_visits(1, node.offset)?;
                self.scene.animated += u32::from(transform.frames.len() > 1);
            }
            NodeKind::Group(children) => {
                let mut inside = visit.clone();
                inside.transform = None;
                let above = self.transform(visit);
                let starts_layer =
                    visit.tiles_of.is_none() && above.is_some_and(|above| above.one_layer);
                match above.and_then(|transform| transform.name.as_deref()) {
                    Some(name) if starts_layer => {
                        inside.tiles_of = Some(self.push_leaf(visit, name, node.offset)?);
                    }
                    Some(name) => {
                        inside.group = Arc::from(clean_group(&format!("{}/{name}", visit.group)));
                    }
                    None => {}
                }
                // Counted before they are put on the stack, which a shared group could flood.
                let more = u32::try_from(children.len()).unwrap_or(u32::MAX);
                self.count_visits(more, node.offset)?;
                stack.extend(children.iter().rev().map(|&child| self.below(&inside, child)));
            }
            NodeKind::Shape(models) => self.visit_shape(visit, models, node.offset)?,
        }
        Ok(())
    }

    fn visit_shape(
        &mut self,
        visit: &Visit,
        models: &[ShapeModel],
        offset: usize,
    ) -> Result<(), VoxError> {
        for (number, shown) in models.iter().enumerate() {
            let leaf = match visit.tiles_of {
                // A tile does not move.
                Some(_) if number > 0 => break,
                Some(leaf) => {
                    self.count_placed(offset)?;
                    leaf
                }
                None => {
                    let mut name = self.shape_name(visit, models[0].model);
                    if number > 0 {
                        name = format!("{name} frame {}", shown.frame);
                    }
                    let leaf = self.push_leaf(visit, &name, offset)?;
                    self.scene.leaves[leaf].visible &= number == 0;
                    leaf
                }
            };
            let model = usize::try_from(shown.model).unwrap_or(usize::MAX);
            let shown = Shown { model, placement: visit.placement, offset };
            self.scene.leaves[leaf].shown.push(shown);
        }
        Ok(())
    }

    /// A shape's own name, else one made of its layer's name and its model's number.
    fn shape_name(&self, visit: &Visit, model: u32) -> String {
        let transform = self.transform(visit);
        if let Some(name) = transform.and_then(|transform| transform.name.clone()) {
            return name;
        }
        let layer = transform.and_then(|transform| {
            let name = self.layer(transform).0?;
            // MagicaVoxel used to name a layer after its number.
            (Some(name) != transform.layer.map(|id| id.to_string()).as_deref()).then_some(name)
        });
        format!("{} {model}", layer.unwrap_or("model"))
    }

    fn push_leaf(&mut self, visit: &Visit, name: &str, offset: usize) -> Result<usize, VoxError> {
        self.count_placed(offset)?;
        let (name, group) = (clean_name(name, "layer"), visit.group.clone());
        let leaf = Leaf { name, group, visible: visit.visible, shown: Vec::new() };
        self.scene.leaves.push(leaf);
        Ok(self.scene.leaves.len() - 1)
    }

    fn count_placed(&mut self, offset: usize) -> Result<(), VoxError> {
        self.placed += 1;
        checked(Limit::Instances, self.placed, self.limits.instances_max, offset)
    }

    fn count_visits(&mut self, more: u32, offset: usize) -> Result<(), VoxError> {
        self.visits = self.visits.saturating_add(more);
        checked(Limit::Nodes, self.visits, self.limits.nodes_max, offset)
    }

    fn below(&self, visit: &Visit, child: u32) -> Visit {
        Visit { node: self.graph.index[&child], depth: visit.depth + 1, ..visit.clone() }
    }

    /// The transform directly above the visited node.
    fn transform(&self, visit: &Visit) -> Option<&'a Transform> {
        match &self.graph.file.nodes[visit.transform?].kind {
            NodeKind::Transform(transform) => Some(transform),
            NodeKind::Group(_) | NodeKind::Shape(_) => None,
        }
    }

    /// The name of the file's layer that a transform is on, and whether that is hidden.
    fn layer(&self, transform: &Transform) -> (Option<&'a str>, bool) {
        let entry = transform.layer.and_then(|id| self.graph.layers.get(&id));
        entry.copied().unwrap_or((None, false))
    }
}

fn checked(limit: Limit, count: u32, max: u32, offset: usize) -> Result<(), VoxError> {
    if count > max {
        let max = u64::from(max);
        return Err(VoxError::new(offset, VoxErrorKind::TooMany { limit, max }));
    }
    Ok(())
}
