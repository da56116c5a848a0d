//! Scene nodes: transforms, groups and shapes, as they stand in the file.

use super::KEY_LAYER;
use super::cursor::Cursor;
use super::dict::Dict;
use super::error::{VoxError, VoxErrorKind, shortened};
use super::placement::{Placement, Rotation};

/// One node of the scene graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its id; other nodes refer to it.
    pub id: u32,
    /// Where in the file it stands.
    pub offset: usize,
    /// What it is.
    pub kind: NodeKind,
}

/// The three kinds of node.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// nTRN: places, names and hides one child.
    Transform(Transform),
    /// nGRP: several children.
    Group(Vec<u32>),
    /// nSHP: the models shown, several when it is animated.
    Shape(Vec<ShapeModel>),
}

/// The content of a transform node.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Whether it and all below it is hidden.
    pub hidden: bool,
    /// The one child.
    pub child: u32,
    /// The layer of the file it belongs to.
    pub layer: Option<u32>,
    /// Whether the group below is one layer that was cut into tiles.
    pub one_layer: bool,
    /// Its placements over time; at least one, the first is at the earliest frame.
    pub frames: Vec<Frame>,
}

/// A placement from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The moment.
    pub number: u32,
    /// The placement.
    pub placement: Placement,
}

/// A model shown from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeModel {
    /// The moment.
    pub frame: u32,
    /// The model's number, from 0.
    pub model: u32,
}

impl Node {
    /// An empty dictionary is one count.
    const FRAME_BYTES_MIN: usize = 4;
    const CHILD_BYTES: usize = 4;
    const SHAPE_MODEL_BYTES_MIN: usize = 8;
    /// MagicaVoxel writes -1 for "no layer".
    const NO_LAYER: u32 = u32::MAX;

    pub(super) fn read_transform(cursor: &mut Cursor<'_>) -> Result<Self, VoxError> {
        let (id, offset, dict) = Self::read_head(cursor)?;
        let child = cursor.u32("a node's child")?;
        cursor.u32("a node's reserved field")?;
        let layer = cursor.u32("a node's layer")?;
        let count = cursor.count(Self::FRAME_BYTES_MIN, "frames")?;
        let mut frames = Vec::with_capacity(count.max(1));
        for _ in 0..count {
            let at = cursor.offset();
            frames.push(Frame::read(at, &Dict::read(cursor)?)?);
        }
        if frames.is_empty() {
            frames.push(Frame { number: 0, placement: Placement::IDENTITY });
        }
        // Stable: of two frames at one moment the first in the file stays first.
        frames.sort_by_key(|frame| frame.number);
        let transform = Transform {
            name: dict.name("_name"),
            hidden: dict.flag("_hidden"),
            child,
            layer: (layer != Self::NO_LAYER).then_some(layer),
            one_layer: dict.flag(KEY_LAYER),
            frames,
        };
        Ok(Self { id, offset, kind: NodeKind::Transform(transform) })
    }

    pub(super) fn read_group(cursor: &mut Cursor<'_>) -> Result<Self, VoxError> {
        let (id, offset, _) = Self::read_head(cursor)?;
        let count = cursor.count(Self::CHILD_BYTES, "children")?;
        let children =
            (0..count).map(|_| cursor.u32("a group's child")).collect::<Result<_, _>>()?;
        Ok(Self { id, offset, kind: NodeKind::Group(children) })
    }

    pub(super) fn read_shape(cursor: &mut Cursor<'_>) -> Result<Self, VoxError> {
        let (id, offset, _) = Self::read_head(cursor)?;
        let count = cursor.count(Self::SHAPE_MODEL_BYTES_MIN, "models of a shape")?;
        let mut models = Vec::with_capacity(count);
        for _ in 0..count {
            let model = cursor.u32("a shape's model")?;
            let frame = frame_number(&Dict::read(cursor)?);
            models.push(ShapeModel { frame, model });
        }
        models.sort_by_key(|shown| shown.frame);
        Ok(Self { id, offset, kind: NodeKind::Shape(models) })
    }

    fn read_head<'a>(cursor: &mut Cursor<'a>) -> Result<(u32, usize, Dict<'a>), VoxError> {
        let offset = cursor.offset();
        let id = cursor.u32("a node's id")?;
        Ok((id, offset, Dict::read(cursor)?))
    }
}

impl Frame {
    fn read(offset: usize, dict: &Dict<'_>) -> Result<Self, VoxError> {
        let rotation = match dict.value("_r") {
            None => Rotation::IDENTITY,
            Some(text) => {
                text.trim().parse().ok().and_then(Rotation::from_byte).ok_or_else(|| {
                    VoxError::new(offset, VoxErrorKind::Rotation { text: shortened(text) })
                })?
            }
        };
        let translation = match dict.value("_t") {
            None => [0; 3],
            Some(text) => translation(text).ok_or_else(|| {
                VoxError::new(offset, VoxErrorKind::Translation { text: shortened(text) })
            })?,
        };
        Ok(Self { number: frame_number(dict), placement: Placement { rotation, translation } })
    }
}

/// The moment that a dictionary names, 0 where it names none.
fn frame_number(dict: &Dict<'_>) -> u32 {
    dict.value("_f").and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn translation(text: &str) -> Option<[i64; 3]> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse::<i32>);
    let translation = [(); 3].map(|()| numbers.next().and_then(Result::ok).map(i64::from));
    let [Some(x), Some(y), Some(z)] = translation else { return None };
    numbers.next().is_none().then_some([x, y, z])
}
