"""Counts what AWS's Python SDK does for each program of a file, under AWS's local runner.

    pip install aws-durable-execution-sdk-python==3.0.0 aws-durable-execution-sdk-python-testing==1.4.0
    python record.py programs.csv > python.csv
    python record.py random.csv > random.python.csv

Every program runs REPEATS times in real time. Threads race for the SDK's window of one millisecond, so
some counts differ from run to run: those are written as low..high. A process that dies is left alone: its
requests are never answered, and it has no further ones.
"""

import csv
import functools
import logging
import os
import pathlib
import re
import sys
import threading
import time

import aws_durable_execution_sdk_python_testing.client as client
import aws_durable_execution_sdk_python_testing.executor as executor
import aws_durable_execution_sdk_python_testing.invoker as invoker
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.concurrency.models import CompletionReason
from aws_durable_execution_sdk_python.config import (
    CompletionConfig, Duration, MapConfig, NestingType, ParallelConfig, StepConfig, StepSemantics,
    WaitForCallbackConfig,
)
from aws_durable_execution_sdk_python.retries import (
    JitterStrategy, RetryStrategyConfig, create_retry_strategy,
)
from aws_durable_execution_sdk_python.waits import (
    WaitForConditionConfig, WaitStrategyConfig, create_wait_strategy,
)
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner

REPEATS = 8
CHECKPOINT_S = 0.005
COUNTS = ["updates", "requests", "invocations", "operations", "bodies"]


def parse(text):
    """Parts as (name, argument, criteria, branches): a map and a child have one branch, a parallel several."""
    for mark in "{}|":
        text = text.replace(mark, f" {mark} ")
    words, place = text.split(), 0

    def sequence():
        nonlocal place
        parts = []
        while place < len(words) and words[place] not in "}|":
            name, argument = re.fullmatch(r"(\w+)[:/]?(.*)", words[place]).groups()
            place += 1
            criteria, branches = {}, []
            if name in ("map", "child", "parallel"):
                while words[place] != "{":
                    key, _, value = words[place].partition(":")
                    criteria[key] = int(value)
                    place += 1
                while words[place] != "}":
                    place += 1
                    branches.append(sequence())
                place += 1
            parts.append((name, argument, criteria, branches))
        return parts

    return sequence()


def steps_in(parts):
    def steps(name, argument, criteria, branches):
        inside = sum(map(steps_in, branches))
        if name == "map":
            return int(argument.partition("/")[0]) * inside
        return 1 if name == "step" else inside
    return sum(steps(*part) for part in parts)


def run(row):
    seen, lock, bodies_of = dict.fromkeys(COUNTS, 0), threading.Lock(), {}
    crossed, lives = {"send": 0, "applied": 0}, []
    seen["operations"] = 1
    failing = dict(map(int, pair.split(":")) for pair in row["failing"].split())
    at_most_once = row["semantics"] == "at_most_once"
    semantics = (StepSemantics.AT_MOST_ONCE_PER_RETRY if at_most_once
                 else StepSemantics.AT_LEAST_ONCE_PER_RETRY)
    nesting = NestingType.FLAT if row["nesting"] == "flat" else NestingType.NESTED
    retry = create_retry_strategy(RetryStrategyConfig(
        max_attempts=int(row["attempts"]), initial_delay=Duration.from_seconds(1),
        max_delay=Duration.from_seconds(60), backoff_rate=1, jitter_strategy=JitterStrategy.NONE))

    def step(number, payload):
        def body(_):
            with lock:
                seen["bodies"] += 1
                bodies_of[number] = bodies_of.get(number, 0) + 1
                turn = bodies_of[number]
            time.sleep(int(row["body_ms"]) / 1e3)
            if turn <= failing.get(number, 0):
                raise ValueError("injected failure")
            return "x" * payload if payload else number
        return body

    def check(made, _):
        with lock:
            seen["bodies"] += 1
        time.sleep(int(row["body_ms"]) / 1e3)
        return made + 1

    def submit(after):
        def body(callback, _):
            life = lives[-1]
            with lock:
                seen["bodies"] += 1
            time.sleep(int(row["body_ms"]) / 1e3)
            if life is not lives[-1] or life.is_set():
                threading.Event().wait()
            threading.Timer(after, answer, [callback]).start()
        return body

    def answer(callback):
        try:
            runner.send_callback_success(callback)
        except Exception:
            pass  # It was answered before, or its time is over.

    def go(context, parts, first):
        number, payload = first, 0
        for part in parts:
            name, argument, criteria, branches = part
            if name == "step":
                size = int(argument or 0)
                context.step(step(number, size), name=f"step-{number}",
                             config=StepConfig(retry_strategy=retry, step_semantics=semantics))
                number, payload = number + 1, payload + size
            elif name == "wait":
                context.wait(Duration.from_seconds(int(argument)), name="wait")
            elif name == "poll":
                strategy = create_wait_strategy(WaitStrategyConfig(
                    should_continue_polling=lambda made, last=int(argument): made < last,
                    initial_delay=Duration.from_seconds(1), backoff_rate=1, jitter_strategy=JitterStrategy.NONE))
                context.wait_for_condition(
                    check, name="poll", config=WaitForConditionConfig(wait_strategy=strategy, initial_state=0))
            elif name == "callback":
                after, _, limit = argument.partition("/")
                config = WaitForCallbackConfig(retry_strategy=retry)
                if limit:
                    config = WaitForCallbackConfig(retry_strategy=retry, timeout=Duration.from_seconds(int(limit)))
                context.wait_for_callback(submit(float(after)), name="callback", config=config)
            elif name == "invoke":
                context.invoke("other", float(argument), name="invoke")
            elif name == "child":
                result = context.run_in_child_context(
                    lambda c, f=number: go(c, branches[0], f), name="child")
                number, payload = number + steps_in([part]), payload + len(result)
            else:
                items, _, limit = argument.partition("/") if name == "map" else (None, None, argument)
                options = {"max_concurrency": int(limit or 0) or None, "nesting_type": nesting}
                if criteria:
                    options["completion_config"] = CompletionConfig(**criteria)
                if name == "map":
                    inner, inside = branches[0], steps_in(branches[0])
                    results = context.map(
                        list(range(int(items))), lambda c, item, i, all, f=number: go(c, inner, f + inside * i),
                        name="map", config=MapConfig(**options))
                else:
                    firsts = [number + sum(map(steps_in, branches[:i])) for i in range(len(branches))]
                    results = context.parallel(
                        [functools.partial(go, parts=p, first=f) for p, f in zip(branches, firsts)],
                        name="parallel", config=ParallelConfig(**options))
                if not criteria or results.completion_reason is CompletionReason.FAILURE_TOLERANCE_EXCEEDED:
                    results.throw_if_error()
                number += steps_in([part])
                payload += sum(map(len, results.get_results()))
        return "x" * payload

    def dies(point):
        """Whether the process dies here, as the row says: `send:2` when its second request is about to leave."""
        crossed[point] += 1
        return f"{point}:{crossed[point]}" in row.get("crash", "").split()

    def die():
        lives[-1].set()
        threading.Event().wait()

    def checkpoint(self, durable_execution_arn, checkpoint_token, updates, client_token):
        if dies("send"):
            die()
        seen["requests"] += 1
        seen["updates"] += len(updates)
        for update in updates:
            start = update.action.value == "START"
            seen["operations"] += start if update.operation_type.value in ("WAIT", "CALLBACK", "CHAINED_INVOKE") else not start
        time.sleep(CHECKPOINT_S / 2)
        answer = plain_checkpoint(self, durable_execution_arn, checkpoint_token, updates, client_token)
        if dies("applied"):
            die()
        time.sleep(CHECKPOINT_S / 2)
        return answer

    def invoke(self, *arguments, **named):
        seen["invocations"] += 1
        answers, ended = [], threading.Event()
        lives.append(ended)

        def live():
            try:
                answers.append(plain_invoke(self, *arguments, **named))
            finally:
                ended.set()

        threading.Thread(target=live, daemon=True).start()
        ended.wait()
        if not answers:
            raise RuntimeError("the process died")
        return answers[0]

    def other(seconds, _):
        with lock:
            seen["invocations"] += 1
        time.sleep(seconds)

    def retry_invocation(self, *arguments, **named):
        seen["operations"] += 1
        return plain_retry(self, *arguments, **named)

    @durable_execution
    def handler(event, context):
        return go(context, parse(row["program"]), 0)

    plain_checkpoint, client.InMemoryServiceClient.checkpoint = (
        client.InMemoryServiceClient.checkpoint, checkpoint)
    plain_invoke, invoker.InProcessInvoker.invoke = invoker.InProcessInvoker.invoke, invoke
    plain_retry, executor.Executor._retry_invocation = executor.Executor._retry_invocation, retry_invocation
    try:
        with DurableFunctionTestRunner(handler=handler, skip_time=False) as runner:
            runner.register_function("other", other)
            status = runner.run(input="{}", execution_timeout=120).status.value.lower()
    except TimeoutError:
        status = "unfinished"
    finally:
        client.InMemoryServiceClient.checkpoint = plain_checkpoint
        invoker.InProcessInvoker.invoke = plain_invoke
        executor.Executor._retry_invocation = plain_retry
    return {**seen, "status": status}


def span(values):
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}..{high}"


def main():
    logging.disable(logging.CRITICAL)
    executor.Executor.RETRY_BACKOFF_SECONDS = 0
    rows = list(csv.DictReader(pathlib.Path(sys.argv[1]).open()))
    out = csv.DictWriter(sys.stdout, [*rows[0], "status", *COUNTS], lineterminator="\n")
    out.writeheader()
    for row in rows:
        runs = [run(row) for _ in range(REPEATS)]
        counts = {name: span([r[name] for r in runs]) for name in COUNTS}
        out.writerow({**row, "status": span([r["status"] for r in runs]), **counts})
        sys.stdout.flush()
    # Threads of processes that died still wait for their answers.
    os._exit(0)


main()
