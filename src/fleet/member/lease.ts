import type { Fleet } from "../fleet.ts";
import { HEAD, type MemberReport } from "../protocol/records.ts";
import { BEATS_PER_LEASE, type FilledJoinOptions } from "./options.ts";

/** Told by a {@link Lease}. */
export interface LeaseListener {
  /** The head is of this version. */
  seen(version: number): void;
  /** Hints do not get through any more. */
  deafened(): void;
  /** Another process has taken this member's id. */
  taken(): void;
  failed(error: unknown): void;
}

/** Keeps a member's lease, and finds out whether hints get through: each beat has an echo. */
export class Lease {
  readonly #fleet: Fleet;
  readonly #options: FilledJoinOptions;
  readonly #reportNow: () => MemberReport;
  #report = "";
  readonly #listener: LeaseListener;
  readonly #incarnation = crypto.randomUUID();
  #beats: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #begun = false;
  #over = false;
  #echoed = false;
  #deaf = true;

  constructor(fleet: Fleet, options: FilledJoinOptions, report: () => MemberReport, listener: LeaseListener) {
    this.#fleet = fleet;
    this.#options = options;
    this.#reportNow = report;
    this.#listener = listener;
  }

  /** Hints do not get through, or it is not known yet that they do. */
  get deaf(): boolean {
    return this.#deaf;
  }

  /** What the newest beat said of the member, as it was written. */
  get report(): string {
    return this.#report;
  }

  /** The echo of a beat was heard. */
  readonly echo = (): void => {
    this.#echoed = true;
    this.#deaf = false;
  };

  /** Rejects when the store cannot be reached; may be called again then. From then on the lease is renewed until {@link end}. */
  async begin(): Promise<void> {
    await this.#beat(true);
    if (!this.#begun) this.#schedule();
    this.#begun = true;
  }

  /** Renews it now, since what the member says of itself changed. */
  async renew(): Promise<void> {
    await this.#beat(false);
  }

  async end(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    if (!this.#begun) return;
    await this.#fleet.store.leave(this.#fleet.name, { id: this.#options.id, incarnation: this.#incarnation });
  }

  #schedule(): void {
    if (this.#over) return;
    // A thousand members must not all ask at one moment.
    const wait = this.#options.heartbeat * (0.9 + Math.random() * 0.2);
    this.#timer = setTimeout(() => void this.#next(), wait).unref();
  }

  async #next(): Promise<void> {
    if (!this.#echoed && !this.#deaf) {
      this.#deaf = true;
      this.#listener.deafened();
    }
    this.#echoed = false;
    try {
      await this.#beat(false);
    } catch (error) {
      this.#listener.failed(error);
    }
    this.#schedule();
  }

  /** One after the other: an old report must not come after a newer one. */
  #beat(take: boolean): Promise<void> {
    const beat = this.#beats.then(() => this.#beatNow(take));
    this.#beats = beat.catch(() => {});
    return beat;
  }

  async #beatNow(take: boolean): Promise<void> {
    const { id, heartbeat } = this.#options;
    const { store, name } = this.#fleet;
    const incarnation = this.#incarnation;
    const text = JSON.stringify(this.#reportNow());
    const beat = { id, incarnation, text, lease: heartbeat * BEATS_PER_LEASE };
    const { kept, docs } = await store.beat(name, { ...beat, take }, [HEAD]);
    if (this.#over) return;
    if (kept) {
      this.#report = text;
      this.#listener.seen(docs[0]?.version ?? 0);
      return;
    }
    const { rows } = await store.leases(name);
    if (rows.some((row) => row.id === id)) {
      this.#over = true;
      clearTimeout(this.#timer);
      this.#listener.taken();
      return;
    }
    // It was away for so long that it was forgotten.
    await store.beat(name, { ...beat, take: true }, []);
  }
}
