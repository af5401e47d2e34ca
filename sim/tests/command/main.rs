//! What the command promises, one module per promise.

mod world;

mod calibration;
mod cases;
mod every_run_is_a_row;
mod foreign_results_are_refused;
mod init_writes_a_scenario_that_runs;
mod interruption_loses_no_rows;
mod jobs_do_not_change_results;
mod lists;
mod measuring;
mod negatives;
mod one_process_a_folder;
mod output_is_not_lost;
mod programs;
mod reports;
mod searches;
mod shards;
mod traces;
mod validation;
mod wrong_scenarios_are_refused;
