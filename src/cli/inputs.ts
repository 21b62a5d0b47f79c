import { isModulePath } from "../load/modulePath.js";

/** Options that name what is read. */
interface InputFlags {
  readonly scenario?: string | readonly string[];
  readonly strategy?: string | readonly string[];
  readonly baseline?: string;
  readonly profile?: string;
}

/** The paths that a command's options have it read: no output may be written over them. */
export function inputsOf({ scenario, strategy, baseline, profile }: InputFlags): string[] {
  return [...listed(scenario), ...listed(baseline), ...listed(profile), ...listed(strategy).filter(isModulePath)];
}

function listed(value: string | readonly string[] | undefined): readonly string[] {
  return typeof value === "string" ? [value] : (value ?? []);
}
