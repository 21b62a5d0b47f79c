import type { TraceEvent, TraceWords } from "../mmu/contract.js";
import type { DoneEvent } from "../mmu/traceEvents.js";

/** An MMU's words with what it left out filled in. */
export type FullWords = Required<TraceWords>;

/**
 * What {@link TraceWords} says of each part that an MMU leaves out; of an MMU without words, the
 * names of its steps.
 */
export function fullWords(words: TraceWords = { text: ({ event }) => event }): FullWords {
  const text = (event: TraceEvent) => (isDone(event) ? event.text : words.text(event));
  const fold = (event: TraceEvent) => {
    if (isDone(event)) return event.text;
    return words.fold?.(event) ?? unnumbered(text(event));
  };
  return {
    text,
    fold,
    sameFold: (a, b) => {
      if (words.sameFold === undefined || isDone(a) || isDone(b)) return fold(a) === fold(b);
      return words.sameFold(a, b);
    },
    place: (event) => (isDone(event) ? "" : (words.place?.(event) ?? "")),
    json: (event) => (isDone(event) ? undefined : words.json?.(event)) ?? { ...event, text: text(event) },
  };
}

function isDone(event: TraceEvent): event is DoneEvent {
  return event.phase === "userspace" || event.phase === "others";
}

function unnumbered(text: string): string {
  return text.replace(/\[\d+\]|0x[0-9a-f]+|\d+/g, "..");
}
