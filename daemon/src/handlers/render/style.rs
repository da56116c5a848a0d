//! Light, ground and background of a picture, which all methods have alike.

use goxe_engine::render::{self, GroundStyle, RenderOptions, Sun};
use goxe_protocol::{
    Error,
    api::render::{Background, Ground, ImageParams, TurntableParams},
};

use super::camera_error;

/// What params say of it.
pub(super) struct Style {
    sun: [Option<f64>; 3],
    ambient_occlusion: bool,
    shadow: bool,
    outline: bool,
    ground: Option<Ground>,
    background: Option<Background>,
}

macro_rules! style_of {
    ($params:ident) => {
        impl From<&$params> for Style {
            fn from(params: &$params) -> Self {
                Style {
                    sun: [
                        params.sun_azimuth_degrees,
                        params.sun_height_degrees,
                        params.sun_strength,
                    ],
                    ambient_occlusion: params.ambient_occlusion,
                    shadow: params.shadow,
                    outline: params.outline,
                    ground: params.ground,
                    background: params.background,
                }
            }
        }
    };
}

style_of!(ImageParams);
style_of!(TurntableParams);

impl Style {
    /// The options of the engine, with the usual camera and size.
    pub(super) fn options(&self) -> Result<RenderOptions, Error> {
        let usual = RenderOptions::default();
        let [azimuth, height, strength] = self.sun;
        Ok(RenderOptions {
            sun: Sun::new(azimuth, height, strength).map_err(camera_error)?,
            ambient_occlusion: self.ambient_occlusion,
            shadow: self.shadow,
            outline: self.outline,
            ground: match self.ground {
                Some(Ground::None) => GroundStyle::None,
                None | Some(Ground::Plain) => GroundStyle::Plain,
                Some(Ground::Grid) => GroundStyle::Lines,
            },
            background: self.background.map_or(usual.background, background),
            ..usual
        })
    }
}

fn background(background: Background) -> render::Background {
    match background {
        Background::Transparent => render::Background::Clear,
        Background::Color(color) => render::Background::Plain(color.rgb),
        Background::Gradient(top, bottom) => {
            render::Background::Gradient { top: top.rgb, bottom: bottom.rgb }
        }
    }
}
