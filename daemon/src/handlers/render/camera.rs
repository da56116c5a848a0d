//! From where a picture is taken.

use goxe_engine::{
    coords::Bounds,
    render::{Camera, Preset},
};
use goxe_protocol::{
    Error,
    api::render::{ImageParams, View},
};

use super::camera_error;

/// The camera that the params ask for.
pub(super) fn of(params: &ImageParams, bounds: Option<Bounds>) -> Result<Camera, Error> {
    let has_orbit = params.yaw_degrees.is_some() || params.pitch_degrees.is_some();
    let is_usual = params.view == View::Perspective;
    let refused =
        |what: &str, hint: &'static str| Err(Error::invalid_params(what.to_owned()).hint(hint));
    if !is_usual && (has_orbit || params.eye.is_some() || params.fov_degrees.is_some()) {
        let what = "eye, fov_degrees, yaw_degrees and pitch_degrees belong to view perspective";
        return refused(what, "leave view out, or leave them out");
    }
    if params.eye.is_some() && has_orbit {
        let what = "eye and yaw_degrees or pitch_degrees are two places for one camera";
        return refused(what, "leave one of them out");
    }
    if params.eye.is_none() && (params.target.is_some() || params.up.is_some()) {
        return refused("target and up belong to an eye", "say where the camera is with eye");
    }
    let mut camera = match params.eye {
        Some(eye) => {
            let target = params.target.unwrap_or_else(|| middle(bounds));
            Camera::free(eye, target, params.up).map_err(camera_error)?
        }
        None if has_orbit => {
            Camera::orbit(params.yaw_degrees, params.pitch_degrees).map_err(camera_error)?
        }
        None => Camera::preset(preset(params.view)),
    };
    if let Some(degrees) = params.fov_degrees {
        camera = camera.with_fov(degrees).map_err(camera_error)?;
    }
    camera.with_zoom(params.zoom.unwrap_or(1.0)).map_err(camera_error)
}

fn middle(bounds: Option<Bounds>) -> [f64; 3] {
    let Some(bounds) = bounds else { return [0.0; 3] };
    let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
    let sums = [0, 1, 2].map(|axis: usize| f64::from(min[axis]) + f64::from(max[axis]) + 1.0);
    sums.map(|sum| sum / 2.0)
}

fn preset(view: View) -> Preset {
    match view {
        View::Front => Preset::Front,
        View::Back => Preset::Back,
        View::Left => Preset::Left,
        View::Right => Preset::Right,
        View::Top => Preset::Top,
        View::Bottom => Preset::Bottom,
        View::Isometric => Preset::Isometric,
        // A sheet has cameras of its own.
        View::Perspective | View::Sheet => Preset::Perspective,
    }
}
