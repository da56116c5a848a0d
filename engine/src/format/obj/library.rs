//! The `.mtl`: a material for each pair of colour and material.

use std::collections::BTreeSet;

use super::{line, name};
use crate::material::{Material, MaterialTable};
use crate::voxel::Voxel;

/// How much glass of these programs bends light.
const GLASS_INDEX: f32 = 1.5;
/// What programs take for the sharpest highlight.
const SHININESS_MAX: f32 = 1000.0;

fn material_of(voxel: Voxel, materials: &MaterialTable) -> Material {
    voxel.slot().and_then(|slot| materials.get(slot)).cloned().unwrap_or_default()
}

/// What the material of a voxel is called.
pub(super) fn name(voxel: Voxel, materials: &MaterialTable) -> String {
    let [red, green, blue] = voxel.rgb();
    let slot = voxel.slot().map_or(0, |slot| slot.number());
    let name = name::word(&material_of(voxel, materials).name);
    format!("{name}_{slot}_{red:02x}{green:02x}{blue:02x}")
}

/// The file.
pub(super) fn text(seen: &BTreeSet<Voxel>, materials: &MaterialTable) -> String {
    let mut text = String::new();
    for voxel in seen {
        let material = material_of(*voxel, materials);
        let [red, green, blue] = voxel.rgb().map(share);
        line(&mut text, format_args!("newmtl {}", name(*voxel, materials)));
        line(&mut text, format_args!("Kd {red} {green} {blue}"));
        if material.emission > 0 {
            let [red, green, blue] = [red, green, blue].map(|part| part * share(material.emission));
            line(&mut text, format_args!("Ke {red} {green} {blue}"));
        }
        let (metallic, roughness) = (share(material.metallic), share(material.roughness));
        line(&mut text, format_args!("Ns {}", (1.0 - roughness).powi(2) * SHININESS_MAX));
        line(&mut text, format_args!("Pm {metallic}"));
        line(&mut text, format_args!("Pr {roughness}"));
        if material.alpha < 255 {
            line(&mut text, format_args!("d {}", share(material.alpha)));
        }
        if material.glass {
            line(&mut text, format_args!("Ni {GLASS_INDEX}"));
        }
        let model = if material.glass { 7 } else { 2 };
        line(&mut text, format_args!("illum {model}"));
    }
    text
}

fn share(value: u8) -> f32 {
    f32::from(value) / 255.0
}
