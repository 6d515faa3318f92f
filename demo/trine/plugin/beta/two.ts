import { say } from "../../host/say.ts";
import { deps } from "./deps.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

export function two(): string[] {
  return [...deps.alpha.one(), say("beta", BUILD_MARK, "one and one is two")];
}
