//! The encoder timing model: fitted to measured encodes, tested on sources it has not seen.
//!
//! [`rows`] reads the measurements, [`fit`] finds the coefficients of [`models::encoder::model`],
//! [`held_out`] leaves one source out after the other, [`predict`] applies a model to rows.

mod content;
mod fit;
mod held_out;
mod least_squares;
mod parts;
mod predict;
pub mod rows;

pub use fit::{FEWEST_SOURCES, fit};
pub use held_out::{Accuracy, Held, HeldOut, held_out, in_sample};
pub use parts::join;
pub use predict::{Basis, Prediction, predict};
