import { say } from "../../host/say.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

interface Rain {
  readonly litres: number;
  readonly sownBy: string;
}

/** A live function. No module imports this file: whatever is live in the plugin's folder is found by its name. */
export function live_rain({ litres, sownBy }: Rain): void {
  say("garden", BUILD_MARK, `${litres} litres of rain, sown by build ${sownBy}`);
}
