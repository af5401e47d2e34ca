use super::*;

fn clip(source: &str, name: &str, height: u32, length_s: f64) -> Clip {
    Clip {
        source: source.to_owned(),
        name: name.to_owned(),
        path: name.into(),
        synthetic: false,
        width: height * 16 / 9,
        height,
        fps: 25.0,
        length_s,
    }
}

fn clips() -> Vec<Clip> {
    vec![
        clip("film", "a", 720, 55.0),
        clip("film", "b", 720, 5.3),
        clip("street", "c", 405, 7.6),
        clip("small", "d", 270, 1.2),
    ]
}

fn cells(plan: &Plan, wanted: bool) -> Vec<Cell> {
    let cell = |step: &Step| match step {
        Step::Encode { cell, again } if *again == wanted => Some(*cell),
        _ => None,
    };
    plan.steps.iter().filter_map(cell).collect()
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_one_another() {
    let plan = |seed| Plan::new(&clips(), &Scope::full(), seed);
    assert_eq!(plan(1), plan(1));
    assert_ne!(plan(1), plan(2));
}

#[test]
fn every_source_has_its_share_and_every_pair_of_size_and_preset_occurs() {
    let clips = clips();
    let plan = Plan::new(&clips, &Scope::full(), 1);
    let cells = cells(&plan, false);
    let of = |source: &str| {
        cells
            .iter()
            .filter(|cell| clips[cell.clip].source == source)
            .count()
    };
    // The smallest has 1 place, 1 length, 1 size, 4 presets and 3 CRFs: 12 cells.
    assert!(of("small") <= 12 && of("small") >= 8, "{}", of("small"));
    assert!(of("film").abs_diff(of("street")) <= 2 || of("street") < of("film"));
    for height in [320, 480, 720] {
        for preset in Scope::full().presets {
            assert!(
                cells
                    .iter()
                    .any(|cell| (cell.height, cell.preset) == (height, preset))
            );
        }
    }
    for cell in &cells {
        let clip = &clips[cell.clip];
        assert!(cell.offset_s + cell.length_s <= clip.length_s, "{cell:?}");
        assert!(cell.height <= clip.height.max(320), "{cell:?}");
    }
    let mut keys: Vec<String> = cells.iter().map(|cell| format!("{cell:?}")).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), cells.len(), "no cell twice");
}

#[test]
fn the_order_is_shuffled_and_what_runs_again_runs_later() {
    let plan = Plan::new(&clips(), &Scope::full(), 1);
    let first = cells(&plan, false);
    let in_turn = first
        .windows(2)
        .filter(|pair| pair[0].clip <= pair[1].clip)
        .count();
    assert!(in_turn < first.len() * 3 / 4, "not clip after clip");
    let again = cells(&plan, true);
    assert_eq!(again.len(), first.len() / 10);
    let place = |wanted: &Cell, again: bool| {
        let step = Step::Encode {
            cell: *wanted,
            again,
        };
        plan.steps.iter().position(|found| *found == step).unwrap()
    };
    assert!(
        again
            .iter()
            .all(|cell| place(cell, false) < place(cell, true))
    );
}

#[test]
fn anchors_stand_at_both_ends_and_between() {
    let scope = Scope::full();
    let plan = Plan::new(&clips(), &scope, 1);
    assert_eq!(plan.steps.first(), Some(&Step::Anchor));
    assert_eq!(plan.steps.last(), Some(&Step::Anchor));
    let gaps = plan.steps.split(|step| *step == Step::Anchor);
    assert!(gaps.clone().all(|gap| gap.len() <= scope.anchor_every));
    assert!(gaps.filter(|gap| gap.len() == scope.anchor_every).count() > 5);
}

#[test]
fn a_budget_bounds_the_expected_time_and_a_larger_one_gives_more() {
    let plan = |budget| Plan::new(&clips(), &Scope::full().within(budget), 1);
    let (short, long) = (plan(5.0), plan(20.0));
    assert!(short.expected_s <= 5.0 && long.expected_s <= 20.0);
    assert!(long.expected_s > 10.0);
    assert!(cells(&short, false).len() < cells(&long, false).len());
    let quick = Plan::new(&clips(), &Scope::quick(), 1);
    assert!(quick.expected_s <= 20.0 && cells(&quick, false).len() <= 24);
}

#[test]
fn widths_are_even_and_keep_the_shape() {
    assert_eq!(width(&clip("x", "x", 720, 1.0), 320), 568);
    assert_eq!(width(&clip("x", "x", 720, 1.0), 480), 854);
    assert_eq!(width(&clip("x", "x", 720, 1.0), 720), 1280);
}
