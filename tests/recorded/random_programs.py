"""Draws programs to record, all parts and settings among them.

    python random_programs.py SEED COUNT > random.csv
    python random_programs.py SEED COUNT crash > crashes.csv

With `crash` the process dies once or twice: `send:2` when its second request is about to leave, `applied:2` when
the service has stored it. A step then fails always or never: a body that died has used up no turn.
"""

import random
import re
import sys

SEED, COUNT = map(int, sys.argv[1:3])
CRASH = sys.argv[3:] == ["crash"]
DRAW = random.Random(SEED)

# Times that do not add up to whole seconds: what falls together in the model by equal sums would fall
# apart in the SDKs by a millisecond, and count differently for that alone.
BODIES_MS = [7, 43, 71, 133, 217, 389, 457, 691, 1129]
ANSWERS_S = [0.21, 0.37, 0.53, 0.77, 1.21, 1.37, 2.53, 2.77]
FUNCTIONS_S = [0.17, 0.33, 0.57, 0.83, 1.17, 1.57, 2.33, 2.83]
LONGEST = 14


def sequence(depth):
    parts = DRAW.choice([1, 1, 2, 2, 3]) if depth else DRAW.choice([1, 2, 2, 3, 3])
    return " ".join(part(depth) for _ in range(parts))


def criteria(branches):
    if DRAW.random() > 0.35:
        return ""
    key = DRAW.choice(["min_successful", "tolerated_failure_count", "tolerated_failure_percentage"])
    value = {
        "min_successful": DRAW.randint(1, branches),
        "tolerated_failure_count": DRAW.randint(0, branches),
        "tolerated_failure_percentage": DRAW.choice([0, 25, 34, 50, 100]),
    }[key]
    return f"{key}:{value} "


def limit():
    return DRAW.choice(["", "", "", "/1", "/2"])


def part(depth):
    kinds = {"map": 14, "parallel": 18, "child": 7} if depth < 2 else {}
    kinds |= {"wait": 11, "poll": 6, "callback": 6, "invoke": 5, "large": 3, "step": 30}
    kind = DRAW.choices(list(kinds), kinds.values())[0]
    if kind == "map":
        branches = DRAW.randint(1, 5)
        return f"map:{branches}{limit()} {criteria(branches)}{{ {sequence(depth + 1)} }}"
    if kind == "parallel":
        branches = [sequence(depth + 1) for _ in range(DRAW.randint(2, 4))]
        return f"parallel{limit()} {criteria(len(branches))}{{ {' | '.join(branches)} }}"
    return {
        "child": lambda: f"child {{ {sequence(depth + 1)} }}",
        "wait": lambda: f"wait:{DRAW.choice([1, 1, 2, 3])}",
        "poll": lambda: f"poll:{DRAW.choice([1, 2, 3])}",
        "callback": lambda: f"callback:{DRAW.choice(ANSWERS_S)}{DRAW.choice(['', '', '/1', '/2'])}",
        "invoke": lambda: f"invoke:{DRAW.choice(FUNCTIONS_S)}",
        "large": lambda: f"step:{DRAW.choice([1000, 100_000, 200_000, 300_000])}",
        "step": lambda: "step",
    }[kind]()


def steps(words):
    """Steps up to the end or a brace that closes, every branch of a map counted."""
    count = 0
    for word in words:
        if word == "}":
            break
        if word.startswith(("map", "parallel", "child")):
            while next(words) != "{":
                pass
            times = re.match(r"map:(\d+)", word)
            count += steps(words) * (int(times[1]) if times else 1)
        count += word.startswith("step")
    return count


def main():
    print("program,semantics,nesting,body_ms,attempts,failing" + ",crash" * CRASH)
    drawn = 0
    while drawn < COUNT:
        program = sequence(0)
        count = steps(iter(program.split()))
        if not 1 <= count <= LONGEST:
            continue
        times = [9] if CRASH else [1, 1, 2, 9]
        failing = [f"{step}:{DRAW.choice(times)}" for step in range(count) if DRAW.random() < 0.15]
        semantics = DRAW.choice(["at_least_once", "at_least_once", "at_most_once"])
        nesting = DRAW.choice(["nested", "nested", "flat"])
        row = [program, semantics, nesting, DRAW.choice(BODIES_MS), DRAW.randint(1, 3), " ".join(failing)]
        if CRASH:
            crashes = DRAW.choice([1, 1, 2])
            row.append(" ".join(f"{DRAW.choice(['send', 'applied'])}:{DRAW.randint(1, 9)}" for _ in range(crashes)))
        print(*row, sep=",")
        drawn += 1


main()
