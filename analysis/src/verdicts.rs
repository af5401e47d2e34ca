//! What a search found out about claims, one row per engine, claim and kind of fault.

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    pub workflow: String,
    /// The engine with the values of the axes that tell its cells apart.
    pub engine: String,
    pub claim: &'static str,
    /// Whether the engine makes the claim.
    pub claimed: bool,
    /// Kind of fault; `none` without faults, `mixed` for plans of several kinds.
    pub faults: &'static str,
    pub verdict: &'static str,
    /// Plans that ran.
    pub schedules: u64,
    /// Every plan up to this length ran.
    pub exhaustive_to: usize,
    /// Plans that violated the claim.
    pub violations: u64,
    /// Faults in the smallest plan that violates it.
    pub plan_length: usize,
    /// The smallest plan that violates it.
    pub plan: String,
    pub witness: String,
    /// Where the smallest plan is saved.
    pub case: String,
}
