import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { TextOutput } from "../files/streams.js";
import { Progress } from "./progress.js";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function shown(more: object, enabled = true) {
  const written: string[] = [];
  const stream = {
    isTTY: true,
    columns: 12,
    write: (text: string) => written.push(text),
    ...more,
  } as unknown as TextOutput;
  return { written, progress: new Progress(stream, enabled) };
}

it("tells a terminal ten times a second how far the work is, on one line that fits it", () => {
  const { written, progress } = shown({});
  progress.show(0.059, "a long case");
  vi.advanceTimersByTime(99);
  progress.show(0.5, "b");
  vi.advanceTimersByTime(1);
  progress.show(1, "c");
  expect(written).toEqual(["\r\u001b[2K  5%  a lon", "\r\u001b[2K100%  c"]);
});

it("clears its line once, and only where there is one", () => {
  const { written, progress } = shown({});
  progress.clear();
  expect(written).toEqual([]);
  progress.show(0, "a");
  progress.clear();
  progress.clear();
  expect(written).toEqual(["\r\u001b[2K  0%  a", "\r\u001b[2K"]);
});

it("says nothing to a pipe, or where it is not wanted, and takes 80 columns for a terminal that does not say", () => {
  for (const { written, progress } of [shown({ isTTY: false }), shown({}, false)]) {
    progress.show(0.5, "a");
    progress.clear();
    expect(written).toEqual([]);
  }
  const { written, progress } = shown({ columns: undefined });
  progress.show(0.5, "x".repeat(100));
  expect(written[0]).toHaveLength("\r\u001b[2K".length + 79);
});
