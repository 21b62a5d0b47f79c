import { expect, it } from "vitest";
import { cutShort, whenCutShort } from "./cleanup.js";

it("a process that is cut short undoes each thing that is unfinished, once, whatever becomes of the others", () => {
  const undone: string[] = [];
  whenCutShort(() => undone.push("file"));
  const finished = whenCutShort(() => undone.push("finished"));
  whenCutShort(() => {
    undone.push("child");
    throw new Error("is gone already");
  });
  whenCutShort(() => undone.push("folder"));
  expect(undone).toEqual([]);
  finished();
  cutShort();
  expect(undone).toEqual(["file", "child", "folder"]);
  cutShort();
  expect(undone).toEqual(["file", "child", "folder"]);
});
