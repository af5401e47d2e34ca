//! Speed and bitrate of the whole film.

use super::data::Data;
use super::{GIVEN, frames as frames_name, panel};
use crate::validate::csv::number;
use crate::validate::study::{Basis, Finding, Quantity, Tolerance, mark};
use analysis::figures::paper::{Mark, Place};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Bits of a key frame in average frames (assumption: nothing published separates the two parts of the
/// loss against a whole encode).
const KEY_FRAME: f64 = 3.3;

const FPS: f64 = 24.0;

/// Speed from the slowest region; bitrate from the loss at x = 4 parted into key frames and the rest.
pub fn speed_and_rate(
    data: &Data,
    speeds: &BTreeMap<(String, u32, u32), f64>,
    finding: &mut Finding,
) -> Result<String, String> {
    let mut text = String::from(
        "movie,encoder,chunk_frames_n,keyframe_chunks_x,ssim_db,bitrate_mbps,encode_s,speed_x_realtime\n",
    );
    let find = |movie: &str, encoder: &str| {
        data.ssim
            .iter()
            .find(|row| row["movie"] == movie && row["encoder"] == encoder)
            .ok_or_else(|| format!("no published row of {encoder} on {movie}"))
    };
    for ((movie, frames, group), seconds) in speeds {
        let given = find(movie, &format!("ExCamera[{frames},{GIVEN}]"))?;
        let whole = number(find(movie, "vpxenc-1thread")?, "bitrate_mbps").ok_or("no bitrate")?;
        let at_given = number(given, "bitrate_mbps").ok_or("no bitrate")?;
        let average_frame = whole / FPS;
        let keys = |x: f64| (KEY_FRAME - 1.0) * average_frame * FPS / (f64::from(*frames) * x);
        let rate = at_given + keys(f64::from(*group)) - keys(f64::from(GIVEN));
        let length = if movie == "sintel" { 888.0 } else { 734.0 };
        let speed = length / seconds;
        let _ = writeln!(
            text,
            "{movie},\"ExCamera[{frames},{group}]\",{frames},{group},{},{rate:.4},{seconds:.3},{speed:.4}",
            given["ssim_db"]
        );
        let alone = number(find(movie, "vpxenc-31thread")?, "encode_s").ok_or("no time")?;
        for (figure, value, published) in [
            (
                "excamera_speed",
                alone / seconds,
                number(given, "encode_s").map(|s| alone / s),
            ),
            ("excamera_rate", rate, number(given, "bitrate_mbps")),
        ] {
            finding.marks.push(Mark {
                published: published.filter(|_| *group == GIVEN),
                ..mark(
                    (figure, panel(movie)),
                    frames_name(f64::from(*frames)),
                    Place::At(f64::from(*group)),
                    value,
                )
            });
        }
        let name = format!("{movie} ExCamera[{frames},{group}]");
        let is_given = *group == GIVEN;
        let quantity = |what: &str, published: Option<f64>, simulated: f64| Quantity {
            name: format!("{name} {what}"),
            published: published.filter(|_| is_given),
            simulated,
            error: 0.0,
            tolerance: Tolerance::Share(0.10),
            basis: if is_given {
                Basis::Fitted
            } else {
                Basis::Predicted
            },
        };
        finding
            .quantities
            .push(quantity("encode, s", number(given, "encode_s"), *seconds));
        finding
            .quantities
            .push(quantity("bitrate, Mbit/s", Some(at_given), rate));
        for baseline in ["vpxenc-1thread", "vpxenc-31thread"] {
            let alone = number(find(movie, baseline)?, "encode_s").ok_or("no time")?;
            let published = number(given, "encode_s").map(|s| alone / s);
            finding.quantities.push(quantity(
                &format!("speed-up over {baseline}"),
                published,
                alone / seconds,
            ));
        }
    }
    Ok(text)
}
