import { say } from "../../host/say.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

/** A live type: its name begins with `live_`, in any case. A job's data is filled into an instance of the newest class. */
export class Live_Tulip {
  sownBy = "";
  /** In cm. */
  height = 10;

  /** Does the job. */
  handle(): void {
    say("garden", BUILD_MARK, `a tulip of ${this.height} cm, sown by build ${this.sownBy}`);
  }
}
