//! MATL properties to materials and back.

use super::dict::Dict;
use super::palette::colour;
use super::parse::VoxFile;
use super::{KEY_GLASS, KEY_MATERIAL};
use crate::layer::clean_name;
use crate::material::Material;
use crate::voxel::{MaterialSlot, Voxel};

/// What MagicaVoxel takes where a file says nothing.
const ROUGHNESS: f32 = 0.1;
const TRANSPARENCY: f32 = 0.5;

/// The voxel that each colour index becomes, and the materials that their slots mean.
pub(super) struct Surfaces {
    /// Index 0 is empty.
    pub voxels: [Voxel; 256],
    pub materials: Vec<(MaterialSlot, Material)>,
}

/// Gives every colour index its colour and a slot; equal materials share one.
pub(super) fn surfaces(file: &VoxFile<'_>) -> Surfaces {
    let mut by_index = vec![Material::default(); 256];
    for entry in &file.materials {
        if let Ok(index @ 1..=255) = usize::try_from(entry.id) {
            by_index[index] = read_material(&entry.properties);
        }
    }
    let mut materials: Vec<(MaterialSlot, Material)> = Vec::new();
    let mut voxels = [Voxel::EMPTY; 256];
    let mut free = (1..=u8::MAX).filter_map(MaterialSlot::new);
    for index in 1..=255u8 {
        let material = &by_index[usize::from(index)];
        let known = materials.iter().find(|(_, known)| known == material).map(|(slot, _)| *slot);
        let slot = known.unwrap_or_else(|| {
            let slot = free.next().expect("there are no more indices than slots");
            materials.push((slot, material.clone()));
            slot
        });
        voxels[usize::from(index)] = Voxel::new(colour(&file.palette, index), slot);
    }
    Surfaces { voxels, materials }
}

/// The material that a dictionary describes.
fn read_material(properties: &Dict<'_>) -> Material {
    let kind = properties.value("_type").unwrap_or("_diffuse");
    let ours = properties.value(KEY_MATERIAL);
    let (metal, clear, light) = match kind {
        _ if ours.is_some() => (true, true, true),
        "_metal" => (true, false, false),
        "_glass" | "_media" => (false, true, false),
        "_blend" => (true, true, false),
        "_emit" => (false, false, true),
        _ => return Material::default(),
    };
    // What older versions call the strength of whatever the type is.
    let weight = properties.number("_weight");
    let number = |key, fallback| properties.number(key).unwrap_or(fallback);
    let mut material = Material {
        name: clean_name(ours.unwrap_or(kind.trim_start_matches('_')), "material"),
        roughness: share(number("_rough", ROUGHNESS)),
        ..Material::default()
    };
    if metal {
        let fallback = if kind == "_metal" { weight.unwrap_or(1.0) } else { 0.0 };
        material.metallic = share(number("_metal", fallback));
    }
    if clear {
        let fallback = match kind {
            "_glass" | "_media" => weight.unwrap_or(TRANSPARENCY),
            _ => 0.0,
        };
        let transparency = properties.number("_trans").or_else(|| properties.number("_alpha"));
        material.alpha = 255 - share(transparency.unwrap_or(fallback));
        material.glass = match properties.value(KEY_GLASS) {
            Some(glass) if ours.is_some() => glass == "1",
            _ => kind == "_glass" || kind == "_blend" && material.alpha < 255,
        };
    }
    if light {
        let fallback = if kind == "_emit" { weight.unwrap_or(1.0) } else { 0.0 };
        // The flux is a power: each step makes the light stronger by a factor.
        let power = number("_flux", 0.0).clamp(0.0, 8.0).exp2();
        material.emission = share(number("_emit", fallback) * power);
    }
    material
}

/// The properties that describe a material; none for the default one.
pub(super) fn write_material(material: &Material) -> Vec<(&'static str, String)> {
    if *material == Material::default() {
        return Vec::new();
    }
    let transparency = 255 - material.alpha;
    let (metal, clear) = (material.metallic > 0, transparency > 0);
    let (kind, weight) = match (material.emission, material.glass) {
        (1.., _) => ("_emit", material.emission),
        (0, true) if metal => ("_blend", 255),
        (0, true) => ("_glass", transparency),
        (0, false) if metal => ("_metal", material.metallic),
        (0, false) if clear => ("_media", transparency),
        (0, false) => ("_diffuse", 255),
    };
    let text = |share: u8| (f32::from(share) / 255.0).to_string();
    vec![
        ("_type", kind.to_owned()),
        ("_weight", text(weight)),
        ("_rough", text(material.roughness)),
        ("_metal", text(material.metallic)),
        ("_emit", text(material.emission)),
        ("_flux", "0".to_owned()),
        ("_trans", text(transparency)),
        ("_alpha", text(transparency)),
        (KEY_GLASS, if material.glass { "1" } else { "0" }.to_owned()),
        (KEY_MATERIAL, material.name.clone()),
    ]
}

/// A number from 0 to 1 as a share of 255.
fn share(number: f32) -> u8 {
    // Clamped, so that the cast only rounds.
    (number.clamp(0.0, 1.0) * 255.0).round() as u8
}
