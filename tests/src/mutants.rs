//! Engines with one rule broken, to see which property notices.
//!
//! A mutant is a replacement in one source file, so the engines carry nothing of it. `cargo run -p
//! promises --example mutants` breaks one rule at a time in a copy of the tree and runs the promises.

/// One broken rule.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    pub name: &'static str,
    /// What the rule was.
    pub rule: &'static str,
    /// Below `models/src`.
    pub file: &'static str,
    /// Occurs once in the file.
    pub right: &'static str,
    pub wrong: &'static str,
}

impl Mutant {
    /// The source with the rule broken; `None` if the rule is not found once.
    pub fn apply(&self, source: &str) -> Option<String> {
        let once = source.matches(self.right).count() == 1;
        once.then(|| source.replace(self.right, self.wrong))
    }
}

macro_rules! mutants {
    ($($name:literal $rule:literal $file:literal $right:literal => $wrong:literal)*) => {
        /// Every mutant.
        pub const MUTANTS: &[Mutant] = &[$(Mutant {
            name: $name, rule: $rule, file: $file, right: $right, wrong: $wrong,
        }),*];
    };
}

mutants! {
    "fencing_skipped" "A checkpoint with an old token is refused."
    "services/durable/mod.rs"
    "let stale = state.token != token && limits.fencing;" => "let stale = false;"

    "wait_not_kept" "A wait is over when its time has passed."
    "services/durable/state.rs"
    "operation.due = wait.map(|length| now + length);" => "operation.due = wait.map(|_| now);"

    "retries_not_counted" "A retry uses an attempt."
    "services/durable/state.rs"
    "operation.retries += 1;" => "operation.retries += 0;"

    "batch_loses_an_update" "Every update of a request is stored."
    "services/durable/mod.rs"
    "for update in updates {" => "for update in updates.iter().take(2) {"

    "large_map_loses_its_children" "A map with a large result is rebuilt from its branches."
    "services/durable/state.rs"
    "if over && !context.replay_children {" => "if over && context.replay_children {"

    "answer_wakes_nobody" "An answer to a callback lets its execution go on."
    "services/durable/state.rs"
    "waiting.wake();" => "drop(waiting);"

    "change_not_heard" "JavaScript goes on when an answer of the service tells of a change."
    "engines/durable/pending.rs"
    "if self.status(id) != before {" => "if self.status(id) != before && self.token.get() == 0 {"

    "stored_result_ignored" "A finished step returns its stored result."
    "engines/durable/context.rs"
    "let stored = sdk.find(id, OpType::Step, name)?;"
    => "let stored = sdk.find(id, OpType::Step, name)?.filter(|op| op.status != Status::Succeeded);"

    "start_not_stored_first" "At most once: the START is stored before the body runs."
    "engines/durable/context.rs"
    "Semantics::AtMostOnce => sdk.sync(start, self.branch)?.await?," => "Semantics::AtMostOnce => sdk.lazy(start)?,"

    "crash_uses_an_attempt" "At least once: an interrupted body is run again under the same attempt."
    "engines/durable/context.rs"
    "Some(Status::Started) if at_most_once => {" => "Some(Status::Started) if at_most_once || stored.is_some() => {"

    "interrupted_runs_again" "At most once: an interrupted attempt is used up."
    "engines/durable/context.rs"
    "Some(Status::Started) if at_most_once => {" => "Some(Status::Started) if at_most_once && stored.is_none() => {"

    "success_not_awaited" "The next step begins when the result of the last one is stored."
    "engines/durable/context.rs"
    "self.succeed(id, name, &value)?.await?;" => "let _ = self.succeed(id, name, &value)?;"

    "permanent_errors_retried" "A permanent error is not retried."
    "engines/durable/context.rs"
    "let delay = match raise.permanent || made >= limit {"
    => "let delay = match (raise.permanent && raise.error.is_empty()) || made >= limit {"

    "map_forgets_a_branch" "A map runs every branch."
    "engines/durable/map.rs"
    "&& self.next < branches.count"
    => "&& self.next + u32::from(branches.count > 1) < branches.count"

    "map_without_limit" "A map runs no more branches at once than it was told."
    "engines/durable/map.rs"
    "&& ((self.next - ended) as usize) < branches.limit()" => "&& branches.limit() > 0"

    "lazy_updates_lost" "Updates that nobody waits for are stored too."
    "engines/durable/sdk.rs"
    "fn push(&mut self, update: Option<Update>, sync: bool) {"
    => "fn push(&mut self, update: Option<Update>, sync: bool) { let update = update.filter(|_| sync);"

    "crash_is_final" "The service invokes a crashed handler again."
    "engines/durable/drive.rs"
    "match config.crash_retry.delay(failed_in_a_row, u) {" => "match config.crash_retry.delay(failed_in_a_row, u).filter(|_| false) {"

    "condition_dropped" "A conditional write is refused if the item changed."
    "engines/explicit/store.rs"
    "Some(version) => Condition::Equals(\"version\", Value::Int(version))," => "Some(_) => Condition::Always,"

    "key_not_in_the_transaction" "The key of an operation is written with its addition."
    "engines/explicit/store.rs"
    "let mut writes = vec![plus(addition), once];" => "let (mut writes, _) = (vec![plus(addition)], once);"

    "progress_not_in_the_transaction" "The progress of a batch is written with its addition."
    "engines/explicit/counter.rs"
    "along: done.clone().filter(|_| together)," => "along: done.clone().filter(|_| together && index > 1000),"

    "wait_cut_short" "A request that comes again while another waits does not go on before its time."
    "engines/explicit/counter.rs"
    "if now < until {" => "if now < until && false {"

    "inner_end_heard_first" "JavaScript: of ends of one answer the outermost context hears first."
    "engines/durable/sdk.rs"
    "later.now.iter().map(|waiting| waiting.depth).min()"
    => "later.now.iter().map(|waiting| waiting.depth).max()"

    "watchdog_never" "A video that does not end is started again."
    "engines/explicit/fan_out.rs"
    "world.until_finished(host, execution, config.watchdog).await;"
    => "world.until_finished(host, execution, 100_000 * config.watchdog).await;"

    "finished_chunk_encoded_again" "A chunk that is done is skipped."
    "engines/explicit/video.rs"
    "if duplicate && config.variant != Variant::Naive {" => "if duplicate && config.variant == Variant::Naive {"

    "assembled_too_early" "The assembly begins when every chunk is done."
    "engines/explicit/fan_out.rs"
    "record.int(\"done\") >= wanted" => "record.int(\"done\").map(|done| done + 1) >= wanted"

    "records_begun_again" "Records that are there are left alone when a video is started again."
    "engines/explicit/video.rs"
    "_ => Condition::Absent," => "_ => Condition::Always,"

    "lost_attempt_may_answer" "The answer of an attempt that was given up is refused."
    "services/orchestrator/activities.rs"
    ".filter(|p| p.stamp == token.stamp && p.state == AttemptState::Started)"
    => ".filter(|p| p.state == AttemptState::Started)"

    "heartbeat_progress_lost" "The next attempt gets the progress of the last heartbeat."
    "services/orchestrator/activities.rs"
    "pending.progress = progress;" => "pending.progress = progress.min(1);"

    "permanent_failures_retried" "A failure that is not retryable ends an activity."
    "services/orchestrator/activities.rs"
    "let again = !permanent && self.again(" => "let again = (!permanent || error.len() > 1) && self.again("

    "canceled_attempt_goes_on" "A heartbeat tells the worker that its activity was cancelled."
    "services/orchestrator/activities.rs"
    "Ok(Reply::Recorded { cancel })" => "Ok(Reply::Recorded { cancel: cancel && progress > 1_000_000 })"

    "commands_not_compared" "Commands of a replay that are not those of the history fail the task."
    "engines/queue/decider.rs"
    "&& asked.iter().zip(written).all(|(c, event)| c.wrote(event));"
    => "|| asked.iter().zip(written).all(|(c, event)| c.wrote(event));"

    "epoch_not_in_the_condition" "A worker that lost its job stores nothing."
    "engines/staged/checkpoint.rs"
    "let mine = Condition::Equals(\"epoch\", Value::Int(i64::from(epoch)));"
    => "let mine = Condition::Always;"

    "open_circuit_admits" "An open circuit lets nothing through."
    "engines/staged/breaker.rs"
    "State::Open { until } if now < until => return None," => "State::Open { until } if now > until => return None,"
}
