//! What is checked of a model: shape, colours, symmetry, counts, connectedness.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::bridge::Bridge;

/// A place, as the tools write it.
type Position = [i64; 3];

/// The visible voxels of a project, or some of its layers: colour and material.
pub struct Model {
    voxels: BTreeMap<Position, (String, u64)>,
}

/// What must be true of a model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Least and most voxels.
    voxels: Option<[usize; 2]>,
    /// The exact box.
    bounds: Option<Corners>,
    /// The exact lowest and highest z.
    bounds_z: Option<[i64; 2]>,
    /// Its layers, lowest first.
    layers: Option<Vec<String>>,
    /// Its checkpoints.
    checkpoints: Option<Vec<String>>,
    /// How many pieces it is in, where voxels that share a corner hold together.
    parts: Option<usize>,
    #[serde(default)]
    symmetry: Vec<Symmetry>,
    /// Places where something is, and where nothing is.
    #[serde(default)]
    solid: Vec<Position>,
    #[serde(default)]
    empty: Vec<Position>,
    /// Colours that are there, and that are not.
    #[serde(default)]
    some: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    /// Least number of colours.
    colors_min: Option<usize>,
    /// Whether a part of it is of a material of its own, such as one that glows.
    #[serde(default)]
    glow: bool,
}

#[derive(Debug, Deserialize)]
struct Corners {
    min: Position,
    max: Position,
}

/// A plane across which a model is its own mirror image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Symmetry {
    axis: char,
    plane: f64,
    /// Only these layers.
    layers: Option<Vec<String>>,
    /// Only what is at this z or above it.
    above: Option<i64>,
    /// Only where voxels are, whatever their colours.
    #[serde(default)]
    shape: bool,
}

impl Model {
    /// Reads what is seen of a project, page by page.
    #[track_caller]
    pub fn read(bridge: &mut Bridge, project: &str) -> Self {
        Self::read_layer(bridge, project, None)
    }

    #[track_caller]
    fn read_layer(bridge: &mut Bridge, project: &str, layer: Option<&str>) -> Self {
        let mut voxels = BTreeMap::new();
        let mut asked = json!({ "read": "list", "project": project, "limit": 600 });
        if let Some(layer) = layer {
            asked["layer"] = json!(layer);
        }
        loop {
            let answer = bridge.tool("voxels_read", asked.clone());
            let page = answer.data();
            for voxel in page["voxels"].as_array().expect("voxels") {
                let at = [0, 1, 2].map(|axis| voxel["at"][axis].as_i64().expect("a number"));
                let color = voxel["color"].as_str().expect("a colour").to_owned();
                let material = voxel["material"].as_u64().unwrap_or(1);
                let before = voxels.insert(at, (color, material));
                assert!(before.is_none(), "{project}: two voxels at {at:?}");
            }
            match page["cursor"].as_str() {
                Some(cursor) => asked["cursor"] = json!(cursor),
                None => {
                    assert_eq!(page["total"], voxels.len());
                    return Model { voxels };
                }
            }
        }
    }

    /// The least and the greatest coordinate on every axis.
    fn bounds(&self) -> [[i64; 2]; 3] {
        [0, 1, 2].map(|axis| {
            let coords = || self.voxels.keys().map(|at| at[axis]);
            [coords().min().unwrap_or(0), coords().max().unwrap_or(0)]
        })
    }

    fn colors(&self) -> BTreeSet<&str> {
        self.voxels.values().map(|(color, _)| color.as_str()).collect()
    }

    /// How many pieces there are.
    fn parts(&self) -> usize {
        let mut left: BTreeSet<Position> = self.voxels.keys().copied().collect();
        let mut parts = 0;
        while let Some(first) = left.pop_first() {
            parts += 1;
            let mut open = vec![first];
            while let Some([x, y, z]) = open.pop() {
                for step in 0..27 {
                    let beside = [x + step % 3 - 1, y + step / 3 % 3 - 1, z + step / 9 - 1];
                    if left.remove(&beside) {
                        open.push(beside);
                    }
                }
            }
        }
        parts
    }

    /// A voxel whose mirror image is missing or another.
    fn unlike(&self, check: &Symmetry) -> Option<Position> {
        let axis = "xyz".find(check.axis).expect("an axis");
        #[expect(clippy::cast_possible_truncation, reason = "planes are small and whole or half")]
        let sum = (check.plane * 2.0) as i64;
        let is_meant = |at: &&Position| check.above.is_none_or(|above| at[2] >= above);
        let differs = |at: &&Position| {
            let mut image = **at;
            image[axis] = sum - image[axis];
            match (self.voxels.get(*at), self.voxels.get(&image)) {
                (Some(_), Some(_)) if check.shape => false,
                (here, there) => here != there,
            }
        };
        self.voxels.keys().filter(is_meant).find(differs).copied()
    }
}

impl Checks {
    /// What is wrong with a model.
    pub fn faults(&self, bridge: &mut Bridge, project: &str, model: &Model) -> Vec<String> {
        let mut faults = Vec::new();
        self.check_size(model, &mut faults);
        self.check_places(model, &mut faults);
        self.check_colors(model, &mut faults);
        for check in &self.symmetry {
            self.check_symmetry(check, bridge, project, model, &mut faults);
        }
        let info = bridge.tool("project_info", json!({ "project": project })).data().clone();
        let names = |list: &Value, name: &str| {
            let items = list.as_array().cloned().unwrap_or_default();
            let text = |item: &Value| item[name].as_str().or(item.as_str()).map(str::to_owned);
            items.iter().filter_map(text).collect::<Vec<String>>()
        };
        for (wanted, found) in [
            (&self.layers, names(&info["layers"], "layer")),
            (&self.checkpoints, names(&info["checkpoints"], "checkpoint")),
        ] {
            if wanted.as_ref().is_some_and(|wanted| *wanted != found) {
                faults.push(format!("there are {found:?}, not {wanted:?}"));
            }
        }
        faults
    }

    fn check_size(&self, model: &Model, faults: &mut Vec<String>) {
        let count = model.voxels.len();
        if let Some([least, most]) = self.voxels
            && !(least..=most).contains(&count)
        {
            faults.push(format!("{count} voxels, not {least} to {most}"));
        }
        let bounds = model.bounds();
        if let Some(Corners { min, max }) = &self.bounds
            && bounds != [0, 1, 2].map(|axis| [min[axis], max[axis]])
        {
            faults.push(format!("it reaches over {bounds:?}"));
        }
        if self.bounds_z.is_some_and(|wanted| wanted != bounds[2]) {
            faults.push(format!("it reaches over z {:?}", bounds[2]));
        }
        if let Some(wanted) = self.parts {
            let found = model.parts();
            if found != wanted {
                faults.push(format!("it is in {found} pieces, not {wanted}"));
            }
        }
    }

    fn check_places(&self, model: &Model, faults: &mut Vec<String>) {
        for (places, solid) in [(&self.solid, true), (&self.empty, false)] {
            let wrong = places.iter().filter(|at| model.voxels.contains_key(*at) != solid);
            faults.extend(wrong.map(|at| format!("at {at:?} solid is {}", !solid)));
        }
        if self.glow && !model.voxels.values().any(|(_, material)| *material != 1) {
            faults.push("all of it is of one material".to_owned());
        }
    }

    fn check_colors(&self, model: &Model, faults: &mut Vec<String>) {
        let colors = model.colors();
        for (wanted, there) in [(&self.some, true), (&self.none, false)] {
            let wrong = wanted.iter().filter(|color| colors.contains(color.as_str()) != there);
            faults.extend(wrong.map(|color| format!("{color} is there: {}", !there)));
        }
        if self.colors_min.is_some_and(|least| colors.len() < least) {
            faults.push(format!("it has {} colours", colors.len()));
        }
    }

    fn check_symmetry(
        &self,
        check: &Symmetry,
        bridge: &mut Bridge,
        project: &str,
        model: &Model,
        faults: &mut Vec<String>,
    ) {
        let unlike = match &check.layers {
            None => vec![model.unlike(check)],
            Some(layers) => {
                let mut read = |layer: &String| Model::read_layer(bridge, project, Some(layer));
                layers.iter().map(|layer| read(layer).unlike(check)).collect()
            }
        };
        faults.extend(unlike.into_iter().flatten().map(|at| format!("not symmetric at {at:?}")));
    }
}
