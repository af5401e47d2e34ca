//! `sim report`, and the inputs that results keep.

use crate::world::{World, stderr, stdout};

const FEW: &[&str] = &["--replicates", "2"];

fn page(world: &World, folder: &str) -> String {
    world.sim(&["report", folder]).assert().success();
    world.read(&format!("{folder}/report.html"))
}

/// What stands in a section of a page.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let from = page.split_once(&format!("<section id=\"{id}\">"));
    let (_, text) = from.unwrap_or_else(|| panic!("no section {id}"));
    text.split_once("</section>").map_or("", |(text, _)| text)
}

#[test]
fn a_page_shows_what_was_run_and_every_cell() {
    let world = World::new();
    world.run_grid("out", FEW).success();
    let page = page(&world, "out");
    for part in [
        "<title>A grid</title>",
        "Are the bytes the same?",
        "A grid with an axis of every sort.",
        "60 cells, 2 replicates each: 120 runs",
        "<svg",
        "aws-us-east-1-2026, SHA-256 ",
        "[platform]\nfile = &quot;aws-us-east-1&quot;",
    ] {
        assert!(page.contains(part), "no `{part}`");
    }
    let rows = |id: &str| section(&page, id).matches("<tr").count();
    assert_eq!(rows("summary"), 2 + 60);
    // All but the 12 cells of the baseline, `local`.
    assert_eq!(rows("comparison"), 2 * 2 + 48);
    assert_eq!(rows("faults"), 1 + 2 * 5);
    assert!(section(&page, "data").contains("durable.checkpoint_ms"));
}

#[test]
fn a_page_fetches_and_runs_nothing() {
    let world = World::new();
    world.run_grid("out", FEW).success();
    let page = page(&world, "out");
    for word in ["<script", " src=", "@import", "url(", "<link"] {
        assert!(!page.contains(word), "{word}");
    }
    let links = page.split("href=\"").skip(1);
    assert!(links.clone().count() > 5);
    assert!(links.clone().all(|link| link.starts_with('#')));
}

#[test]
fn text_of_the_scenario_is_escaped() {
    let world = World::new();
    let text = world.read("grid.toml");
    let title = "title = \"<img src=x> & co\"";
    world.write("grid.toml", &text.replace("title = \"A grid\"", title));
    world.run_grid("out", FEW).success();
    let page = page(&world, "out");
    assert!(!page.contains("<img"));
    assert!(page.contains("<h1>&lt;img src=x&gt; &amp; co</h1>"));
}

#[test]
fn equal_results_have_equal_pages() {
    let world = World::new();
    world.run_grid("one", FEW).success();
    world
        .run_grid("two", &[FEW, &["--jobs", "1"]].concat())
        .success();
    let one = page(&world, "one");
    assert!(one == page(&world, "one"), "again");
    let elsewhere = ["report", "two", "--out", "two.html"];
    let said = stdout(&world.sim(&elsewhere).assert().success());
    assert_eq!(said, "page in two.html\n");
    assert!(one == world.read("two.html"), "of another folder");
    assert!(!world.path().join("two/report.html").exists());
}

/// Calls the command on the page of a folder where the page says; the folder `again` in it is the same.
#[cfg(unix)]
fn repeats(world: &World, folder: &str, folders: &[&str]) {
    let first = page(world, folder);
    let pre = section(&first, "repeat").split_once("<pre>sim ");
    let command = pre.and_then(|(_, text)| text.split_once("</pre>"));
    let (command, _) = command.expect("a command");
    assert!(command.contains("inputs/grid.toml"), "{command}");
    let sim = assert_cmd::cargo::cargo_bin("sim");
    let again = std::process::Command::new("sh")
        .args(["-c", &format!("'{}' {command} --quiet", sim.display())])
        .current_dir(world.path().join(folder))
        .status();
    assert!(again.expect("a shell").success());
    let second = format!("{folder}/again");
    assert!(first == page(world, &second));
    for inside in folders.iter().chain(&["", "/inputs/platforms"]) {
        let [one, two] = [folder, &second].map(|out| world.bytes(&format!("{out}{inside}")));
        assert!(one == two, "{inside}");
    }
}

#[cfg(unix)]
#[test]
fn the_command_on_the_page_repeats_the_results() {
    let world = World::new();
    let set = "platform.function.invoke_ms=lognormal(p50 = 11, p99 = 18)";
    let more = ["--seed", "3", "--ledger", "--set", set];
    world.run_grid("out", &[FEW, &more].concat()).success();
    repeats(&world, "out", &["/figures", "/inputs", "/inputs/prices"]);
}

#[test]
fn data_files_that_are_named_by_a_path_are_kept_and_found() {
    let world = World::new();
    std::fs::create_dir_all(world.path().join("data/here")).expect("folders");
    let from = world.path().join("platforms/constant.toml");
    std::fs::copy(from, world.path().join("data/p.toml")).expect("a file");
    std::fs::rename(
        world.path().join("grid.toml"),
        world.path().join("data/here/grid.toml"),
    )
    .expect("moved");
    let run = |file: &str, out: &str| {
        let set = ["--set", "platform.file=../p.toml", "--set", "engine=local"];
        let arguments = [&["run", file, "--quiet", "--out", out][..], FEW, &set].concat();
        world.sim(&arguments).assert().success();
    };
    run("data/here/grid.toml", "out");
    assert!(world.path().join("out/inputs/files/up_p.toml").is_file());
    std::fs::remove_dir_all(world.path().join("data")).expect("removed");
    run("out/inputs/grid.toml", "again");
    assert!(world.files("out") == world.files("again"));
}

#[test]
fn the_page_of_an_interrupted_run_says_so_and_concludes_nothing() {
    let world = World::new();
    world.run_grid("out", &[]).success();
    world.cut_off("out", &[("runs.csv", 30_000)]);
    let done = world.read("out/runs.csv.partial").matches('\n').count() - 1;
    let message = stderr(&world.sim(&["report", "out"]).assert().code(2));
    let said = format!("out holds an interrupted run ({done} of 1500 runs)");
    assert!(
        message.contains(&said) && message.contains("--resume"),
        "{message}"
    );
    let page = world.read("out/report.html");
    assert!(page.contains(&format!("Interrupted: {done} of 1500 runs are there.")));
    assert!(section(&page, "repeat").contains("--resume"));
    assert!(!page.contains("<section id=\"summary\">"));
    world.run_grid("out", &["--resume"]).success();
    world.sim(&["report", "out"]).assert().success();
}

#[test]
fn what_is_no_result_or_not_as_it_was_is_refused() {
    let world = World::new();
    let refused = |arguments: &[&str], why: &str| {
        let arguments = [&["report"], arguments].concat();
        let message = stderr(&world.sim(&arguments).assert().code(2));
        assert!(message.starts_with("error: "), "{message}");
        for part in [why, "= help: "] {
            assert!(message.contains(part), "no `{part}` in\n{message}");
        }
    };
    refused(&["nowhere"], "nowhere holds no results");
    refused(&["platforms"], "platforms holds no results");
    refused(&["grid.toml"], "grid.toml holds no results");
    world.run_grid("out", FEW).success();
    refused(
        &["out", "--out", "no/page.html"],
        "cannot write no/page.html",
    );
    refused(
        &["out", "--out", "out/runs.csv"],
        "out/runs.csv is a file of the results",
    );
    let scenario = world.read("out/inputs/grid.toml");
    world.write("out/inputs/grid.toml", &format!("{scenario}\n"));
    refused(&["out"], "out/inputs/grid.toml is not what was run");
    world.write("out/inputs/grid.toml", &scenario);
    let summary = world.read("out/summary.csv");
    world.write("out/summary.csv", &summary.replacen(",2,0,", ",two,0,", 1));
    refused(&["out"], "out/summary.csv: line 2: `two` is no n");
    std::fs::remove_file(world.path().join("out/summary.csv")).expect("removed");
    refused(
        &["out"],
        "out/summary.csv is listed in the manifest and not there",
    );
    assert!(!world.path().join("out/report.html").exists());
    world.write("out/manifest.json", "{}");
    refused(&["out"], "out/manifest.json: this build cannot read it");
}

/// A page of results that are gone would be taken for one of those that are there.
#[test]
fn other_results_take_the_page_with_them() {
    let world = World::new();
    world.run_grid("out", FEW).success();
    page(&world, "out");
    world
        .run_grid("out", &["--replicates", "3", "--force"])
        .success();
    assert!(!world.path().join("out/report.html").exists());
    std::fs::create_dir(world.path().join("mine")).expect("a folder");
    world.write("mine/report.html", "mine");
    world.run_grid("mine", FEW).success();
    assert_eq!(world.read("mine/report.html"), "mine");
}

#[test]
fn runs_that_do_not_count_are_listed_with_the_reason() {
    let world = World::new();
    let short = ["--set", "budget.steps=60", "--set", "workflow=counter"];
    world.run_grid("out", &[FEW, &short].concat()).success();
    let page = page(&world, "out");
    let why = "more boundary crossings than budget.steps";
    assert!(section(&page, "invalid").contains(why));
    assert!(page.contains("runs are invalid and not counted."));
}

#[test]
fn a_search_has_a_page_too() {
    let world = World::new();
    let small = ["--set", "engine=explicit", "--set", "workflow=counter"];
    let quick = ["--set", "check.depth=1", "--set", "check.random=0"];
    let search = ["check", "grid.toml", "--quiet", "--out", "out"];
    let assert = world.sim(&[&search[..], &small, &quick].concat()).assert();
    assert.success();
    let page = page(&world, "out");
    assert!(section(&page, "figures").contains("claims.svg"));
    assert!(section(&page, "violations").contains("counter"));
    assert!(section(&page, "repeat").contains("sim check inputs/grid.toml"));
    assert!(!section(&page, "coverage").is_empty());
    #[cfg(unix)]
    repeats(&world, "out", &["/cases", "/cases/platforms"]);
}

#[test]
fn figures_stand_in_the_order_of_the_scenario() {
    let world = World::new();
    let figure = "\n[[figure]]\nname = \"bodies\"\nkind = \"lines\"\nmetrics = [\"bodies\"]\nx = \"faults.fail_rate\"\n";
    let text = world.read("grid.toml");
    world.write("grid.toml", &format!("{text}{figure}"));
    world.run_grid("out", FEW).success();
    let page = page(&world, "out");
    let place =
        |name: &str| section(&page, "figures").find(&format!("aria-label=\"figures/{name}.svg\""));
    assert!(place("latency").is_some() && place("latency") < place("bodies"));
}
