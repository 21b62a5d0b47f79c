import type { TraceEvent, TraceWords } from "../mmu/contract.js";

/** An MMU's words with what it left out filled in. */
export type FullWords = Required<TraceWords>;

/** What {@link TraceWords} says of each part that an MMU leaves out; of an MMU without words, the names of its steps. */
export function fullWords(words: TraceWords = { text: ({ event }) => event }): FullWords {
  const text = (event: TraceEvent) => words.text(event);
  const fold = (event: TraceEvent) => words.fold?.(event) ?? unnumbered(text(event));
  return {
    text,
    fold,
    sameFold: (a, b) => words.sameFold?.(a, b) ?? fold(a) === fold(b),
    place: (event) => words.place?.(event) ?? "",
    json: (event) => words.json?.(event) ?? { ...event, text: text(event) },
  };
}

function unnumbered(text: string): string {
  return text.replace(/\[\d+\]|0x[0-9a-f]+|\d+/g, "..");
}
