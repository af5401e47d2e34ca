//! Recovery semantics: ways to run a workflow so that it survives a crash.

pub mod durable;
pub mod explicit;
pub mod local;
