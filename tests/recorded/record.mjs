// Counts what AWS's JavaScript SDK does for each program of a file.
//
//     npm install @aws/durable-execution-sdk-js@2.4.0
//     node record.mjs programs.csv > js.csv
//     node record.mjs random.csv > random.js.csv
//
// The SDK is the real one; the service is the stand-in below, which keeps operations in memory, fences
// tokens and fires timers, and whose round trip takes 30 ms. Every program runs REPEATS times in real time.
// A process that dies is left alone: its requests are never answered, and it has no further ones.

import { readFileSync } from "node:fs";
import {
  JitterStrategy, StepSemantics, createRetryStrategy, createWaitStrategy, withDurableExecution,
} from "@aws/durable-execution-sdk-js";

const REPEATS = 3;
const ROUND_TRIP_MS = 30;
const COUNTS = ["updates", "requests", "invocations", "operations", "bodies"];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// Parts as {name, argument, criteria, branches}: a map and a child have one branch, a parallel several.
function parse(text) {
  const words = text.replace(/[{}|]/g, " $& ").trim().split(/\s+/);
  let place = 0;
  const sequence = () => {
    const parts = [];
    while (place < words.length && words[place] !== "}" && words[place] !== "|") {
      const [, name, argument] = words[place++].match(/^(\w+)[:/]?(.*)$/);
      const criteria = {};
      const branches = [];
      if (name === "map" || name === "child" || name === "parallel") {
        for (; words[place] !== "{"; place++) {
          const [key, value] = words[place].split(":");
          criteria[key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())] = Number(value);
        }
        while (words[place] !== "}") {
          place++;
          branches.push(sequence());
        }
        place++;
      }
      parts.push({ name, argument, criteria, branches });
    }
    return parts;
  };
  return sequence();
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

const stepsIn = (parts) => sum(parts.map(({ name, argument, branches }) => {
  const inside = sum(branches.map(stepsIn));
  if (name === "map") return parseInt(argument) * inside;
  return name === "step" ? 1 : inside;
}));

/// The service: one execution, its operations, token and timers.
class Service {
  seen = Object.fromEntries(COUNTS.map((name) => [name, 0]));
  operations = new Map();
  changed = new Set();
  token = 0;
  crossed = { send: 0, applied: 0 };
  life = 0;

  constructor(crashes) {
    this.crashes = crashes;
    this.seen.operations = 1;
  }

  /// Whether the process dies here, as the row says: `send:2` when its second request is about to leave.
  dies(point) {
    return this.crashes.includes(`${point}:${++this.crossed[point]}`);
  }

  fire() {
    for (const operation of this.operations.values()) {
      if (operation.due && operation.due <= Date.now()) {
        operation.due = null;
        operation.Status = { WAIT: "SUCCEEDED", CALLBACK: "TIMED_OUT", STEP: "READY" }[operation.Type];
        this.changed.add(operation.Id);
      }
    }
  }

  shown({ due, ...operation }) {
    return { ...operation };
  }

  hidden(operation) {
    for (let parent = this.operations.get(operation.ParentId); parent; parent = this.operations.get(parent.ParentId)) {
      const over = parent.Status === "SUCCEEDED" || parent.Status === "FAILED";
      if (over && !parent.ContextDetails?.ReplayChildren) return true;
    }
    return false;
  }

  visible() {
    return [...this.operations.values()].filter((o) => !this.hidden(o)).map((o) => this.shown(o));
  }

  apply(update) {
    const { Id, ParentId, Type, SubType, Name, Action } = update;
    const fresh = { Id, ParentId, Type, SubType, Name, StartTimestamp: new Date() };
    const operation = this.operations.get(Id) ?? fresh;
    this.operations.set(Id, operation);
    this.changed.add(Id);
    this.seen.operations += ["WAIT", "CALLBACK", "CHAINED_INVOKE"].includes(Type) ? Action === "START" : Action !== "START";
    const details = Type === "STEP" ? "StepDetails" : "ContextDetails";
    if (Action === "START") {
      operation.Status = "STARTED";
      if (Type === "STEP") operation.StepDetails ??= { Attempt: 0 };
      if (Type === "WAIT") {
        operation.due = Date.now() + update.WaitOptions.WaitSeconds * 1000;
        operation.WaitDetails = { ScheduledEndTimestamp: new Date(operation.due) };
      }
      if (Type === "CHAINED_INVOKE") {
        this.seen.invocations++;
        operation.ChainedInvokeDetails = {};
        setTimeout(() => this.end(Id, operation.ChainedInvokeDetails), JSON.parse(update.Payload) * 1000);
      }
      if (Type === "CALLBACK") {
        operation.CallbackDetails = { CallbackId: Id };
        const limit = update.CallbackOptions?.TimeoutSeconds;
        if (limit) operation.due = Date.now() + limit * 1000;
      }
    } else if (Action === "RETRY") {
      operation.Status = "PENDING";
      operation.due = Date.now() + update.StepOptions.NextAttemptDelaySeconds * 1000;
      operation.StepDetails = {
        Attempt: (operation.StepDetails?.Attempt ?? 0) + 1,
        NextAttemptTimestamp: new Date(operation.due),
        Result: update.Payload,
        Error: update.Error,
      };
    } else {
      operation.Status = Action === "SUCCEED" ? "SUCCEEDED" : "FAILED";
      const ReplayChildren = update.ContextOptions?.ReplayChildren;
      operation[details] = { ...operation[details], Result: update.Payload, Error: update.Error, ReplayChildren };
    }
  }

  answer(callback) {
    this.fire();
    this.end(callback, this.operations.get(callback).CallbackDetails);
  }

  /// Somebody else has done an operation.
  end(id, details) {
    const operation = this.operations.get(id);
    if (operation.Status !== "STARTED") return;
    operation.Status = "SUCCEEDED";
    operation.due = null;
    details.Result = "null";
    this.changed.add(id);
    this.answered?.();
  }

  async checkpoint({ CheckpointToken, Updates }) {
    if (this.dies("send")) return this.die();
    this.seen.requests++;
    this.seen.updates += Updates.length;
    await sleep(ROUND_TRIP_MS / 2);
    if (CheckpointToken !== String(this.token)) {
      const error = new Error("Invalid Checkpoint Token");
      throw Object.assign(error, { name: "InvalidParameterValueException", $metadata: { httpStatusCode: 400 } });
    }
    this.fire();
    Updates.forEach((update) => this.apply(update));
    this.token++;
    if (this.dies("applied")) return this.die();
    const changed = [...this.changed].map((id) => this.shown(this.operations.get(id)));
    this.changed.clear();
    await sleep(ROUND_TRIP_MS / 2);
    return { CheckpointToken: String(this.token), NewExecutionState: { Operations: changed } };
  }

  die() {
    this.life++;
    this.died();
    return new Promise(() => {});
  }

  async getExecutionState() {
    throw new Error("all operations are in the input");
  }
}

async function run(row) {
  const service = new Service((row.crash ?? "").split(" "));
  const bodies = new Map();
  const failing = new Map(row.failing.split(" ").filter(Boolean).map((pair) => pair.split(":").map(Number)));
  const semantics = row.semantics === "at_most_once"
    ? StepSemantics.AtMostOncePerRetry : StepSemantics.AtLeastOncePerRetry;
  const retryStrategy = createRetryStrategy({
    maxAttempts: Number(row.attempts), initialDelay: { seconds: 1 }, maxDelay: { seconds: 60 },
    backoffRate: 1, jitter: JitterStrategy.NONE,
  });
  const step = (number, payload) => async () => {
    service.seen.bodies++;
    bodies.set(number, (bodies.get(number) ?? 0) + 1);
    const turn = bodies.get(number);
    await sleep(Number(row.body_ms));
    if (turn <= (failing.get(number) ?? 0)) throw new Error("injected failure");
    return payload ? "x".repeat(payload) : number;
  };
  const check = async (made) => {
    service.seen.bodies++;
    await sleep(Number(row.body_ms));
    return made + 1;
  };
  const go = async (context, parts, first) => {
    let number = first;
    let payload = 0;
    for (const part of parts) {
      const { name, argument, criteria, branches } = part;
      if (name === "step") {
        const size = Number(argument || 0);
        await context.step(`step-${number}`, step(number, size), { retryStrategy, semantics });
        payload += size;
      } else if (name === "wait") {
        await context.wait("wait", { seconds: Number(argument) });
      } else if (name === "poll") {
        const waitStrategy = createWaitStrategy({
          shouldContinuePolling: (made) => made < Number(argument),
          initialDelay: { seconds: 1 }, backoffRate: 1, jitter: JitterStrategy.NONE,
        });
        await context.waitForCondition("poll", check, { waitStrategy, initialState: 0 });
      } else if (name === "callback") {
        const [after, limit] = argument.split("/").map(Number);
        const submit = async (callback) => {
          const life = service.life;
          service.seen.bodies++;
          await sleep(Number(row.body_ms));
          if (life !== service.life) return new Promise(() => {});
          setTimeout(() => service.answer(callback), after * 1000);
        };
        await context.waitForCallback("callback", submit, { retryStrategy, ...(limit ? { timeout: { seconds: limit } } : {}) });
      } else if (name === "invoke") {
        await context.invoke("invoke", "other", Number(argument));
      } else if (name === "child") {
        const from = number;
        const result = await context.runInChildContext("child", (child) => go(child, branches[0], from));
        payload += result.length;
      } else {
        const limit = name === "map" ? argument.split("/")[1] : argument;
        const from = number;
        const options = {
          maxConcurrency: limit ? Number(limit) : undefined,
          ...(row.nesting === "flat" ? { nesting: "FLAT" } : {}),
          ...(Object.keys(criteria).length ? { completionConfig: criteria } : {}),
        };
        let results;
        if (name === "map") {
          const inside = stepsIn(branches[0]);
          const branch = (child, item, index) => go(child, branches[0], from + inside * index);
          results = await context.map("map", [...Array(parseInt(argument)).keys()], branch, options);
        } else {
          const first = (place) => from + stepsIn(branches.slice(0, place).flat());
          const runs = branches.map((inner, place) => (child) => go(child, inner, first(place)));
          results = await context.parallel("parallel", runs, options);
        }
        const exceeded = results.completionReason === "FAILURE_TOLERANCE_EXCEEDED";
        if (exceeded || !Object.keys(criteria).length) results.throwIfError();
        payload += sum(results.getResults().map((result) => result.length));
      }
      number += stepsIn([part]);
    }
    return "x".repeat(payload);
  };
  const parts = parse(row.program);
  const handler = withDurableExecution(async (event, context) => go(context, parts, 0), { durableExecutionClient: service });
  const execution = {
    Id: "exec", Type: "EXECUTION", Status: "STARTED", StartTimestamp: new Date(),
    ExecutionDetails: { InputPayload: "{}" },
  };
  for (;;) {
    service.seen.invocations++;
    service.fire();
    service.token++;
    service.changed.clear();
    const began = Date.now();
    const died = new Promise((resolve) => { service.died = () => resolve({ Status: "DIED" }); });
    const answer = await Promise.race([died, handler({
      DurableExecutionArn: "arn:aws:lambda:us-east-1:123456789012:function:f:1/durable-execution/a/b",
      CheckpointToken: String(service.token),
      InitialExecutionState: { Operations: [execution, ...service.visible()] },
    }, { awsRequestId: `r${service.seen.invocations}`, getRemainingTimeInMillis: () => 900_000 - (Date.now() - began) })]);
    if (answer.Status === "DIED") {
      service.seen.operations++;
      continue;
    }
    if (answer.Status !== "PENDING") {
      // What the last answer let go on still begins: an environment stands still only once the answer has left it.
      await new Promise(setImmediate);
      return { ...service.seen, status: answer.Status.toLowerCase() };
    }
    service.fire();
    if (service.changed.size === 0) {
      const due = [...service.operations.values()].map((o) => o.due).filter(Boolean);
      // With the dispatch of the next invocation: answers of the same instant are there by then.
      const answered = new Promise((resolve) => { service.answered = resolve; }).then(() => sleep(5));
      await Promise.race([answered, ...(due.length ? [sleep(Math.max(0, Math.min(...due) - Date.now()) + 1)] : [])]);
    }
  }
}

const span = (values) => {
  const [low, high] = [values.reduce((a, b) => (a < b ? a : b)), values.reduce((a, b) => (a > b ? a : b))];
  return low === high ? String(low) : `${low}..${high}`;
};

const [header, ...lines] = readFileSync(process.argv[2], "utf8").trim().split("\n");
const keys = header.split(",");
console.log([...keys, "status", ...COUNTS].join(","));
for (const line of lines) {
  const row = Object.fromEntries(line.split(",").map((value, place) => [keys[place], value]));
  const runs = [];
  for (let turn = 0; turn < REPEATS; turn++) runs.push(await run(row));
  console.log([line, ...["status", ...COUNTS].map((name) => span(runs.map((r) => r[name])))].join(","));
}
process.exit(0);
