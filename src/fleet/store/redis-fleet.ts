import { RedisClient } from "bun";
import {
  type Address,
  type Beat,
  type BeatAnswer,
  type Change,
  type Doc,
  type FleetStore,
  type HintListener,
  type LeaseRow,
  type Leases,
  SCHEMA_VERSION,
  type Snapshot,
} from "./fleet-store.ts";
import {
  beatScript,
  forgetScript,
  keepArtifactScript,
  leasesScript,
  leaveScript,
  listScript,
  openScript,
  readScript,
  writeScript,
} from "./redis-scripts.ts";
import { newerSchema, storeFailed, StoreUrl } from "./store-error.ts";

/** Bytes that were uploaded and never made an artifact vanish after this time, in s. */
const UPLOAD_EXPIRES = 3600;

/** How long a subscription that was lost waits before it is made again, in ms. */
const RESUBSCRIBE_AFTER = 500;

/**
 * A store in the Redis server that `url` names, under keys that begin with `hotswap:`. Redis 7 or newer. Only with
 * `appendonly yes` and `appendfsync always` is what was decided on disk before anybody acts on it; with less, a crash of the
 * server, or a failover, may lose decisions that members have acted on. Bun's client knows neither Sentinel nor Cluster.
 */
export function redisFleet(url: string | undefined): FleetStore {
  return new RedisFleet(new StoreUrl(url ?? "", "of redisFleet()"));
}

class RedisFleet implements FleetStore {
  readonly name: string;
  readonly #url: StoreUrl;
  #client: RedisClient | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;

  constructor(url: StoreUrl) {
    this.#url = url;
    this.name = url.name;
  }

  open(): Promise<void> {
    if (this.#client?.connected === false) this.#opening = undefined;
    this.#opening ??= this.#url
      .explaining(() => this.#open())
      .catch((error: unknown) => {
        this.#opening = undefined;
        throw error;
      });
    return this.#opening;
  }

  async read(fleet: string, addresses: readonly Address[]): Promise<Snapshot> {
    const [now, ...values] = await this.#run<(string | number | null)[]>(
      readScript,
      prefixOf(fleet),
      wanted(addresses),
    );
    return { now: Number(now), docs: docsOf(addresses, values) };
  }

  async list(fleet: string, collection: string): Promise<readonly Doc[]> {
    const flat = await this.#run<string[]>(listScript, prefixOf(fleet), collection);
    const docs = pairs(flat).map(([key, value]) => docOf({ collection, key }, value));
    return docs.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  }

  async count(fleet: string, collection: string): Promise<number> {
    return this.#explained((client) => client.hlen(`${prefixOf(fleet)}:docs:${collection}`));
  }

  async write(fleet: string, change: Change): Promise<boolean> {
    return (await this.#run<number>(writeScript, prefixOf(fleet), JSON.stringify(change))) === 1;
  }

  async beat(fleet: string, beat: Beat, addresses: readonly Address[]): Promise<BeatAnswer> {
    const [now, kept, ...values] = await this.#run<(string | number | null)[]>(
      beatScript,
      prefixOf(fleet),
      JSON.stringify(beat),
      wanted(addresses),
    );
    return { now: Number(now), kept: kept === 1, docs: docsOf(addresses, values) };
  }

  async leases(fleet: string): Promise<Leases> {
    const [now, ...flat] = await this.#run<[number, ...string[]]>(leasesScript, prefixOf(fleet));
    const rows = pairs(flat).map(([id, value]): LeaseRow => {
      const { text, expires } = JSON.parse(value) as { text: string; expires: string };
      return { id, text, expires: Number(expires) };
    });
    return { now, rows: rows.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
  }

  async leave(fleet: string, { id, incarnation }: Pick<Beat, "id" | "incarnation">): Promise<void> {
    await this.#run(leaveScript, prefixOf(fleet), id, incarnation);
  }

  async forget(fleet: string, id: string, before: number): Promise<void> {
    await this.#run(forgetScript, prefixOf(fleet), id, String(before));
  }

  async putArtifact(fleet: string, hash: string, bytes: Uint8Array): Promise<void> {
    // A script takes only text, so the bytes are uploaded first, under a name that nobody reads.
    const upload = `${prefixOf(fleet)}:upload:${crypto.randomUUID()}`;
    await this.#explained((client) => client.set(upload, bytes, "EX", UPLOAD_EXPIRES));
    await this.#run(keepArtifactScript, prefixOf(fleet), upload, hash, String(bytes.length));
  }

  async artifact(fleet: string, hash: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#explained((client) => client.getBuffer(`${prefixOf(fleet)}:artifact:${hash}`));
    return bytes ?? undefined;
  }

  async artifacts(fleet: string): Promise<ReadonlyMap<string, number>> {
    const sizes = await this.#explained((client) => client.hgetall(`${prefixOf(fleet)}:artifacts`));
    return new Map(Object.entries(sizes ?? {}).map(([hash, size]) => [hash, Number(size)]));
  }

  async listen(fleet: string, member: string, listener: HintListener): Promise<AsyncDisposable> {
    await this.open();
    let over = false;
    let client: RedisClient | undefined;
    const subscribe = async (): Promise<void> => {
      const own = this.#connection();
      client = own;
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a RedisClient has only this
      own.onclose = () => {
        if (over || own !== client) return;
        setTimeout(() => void again(), RESUBSCRIBE_AFTER).unref();
      };
      await own.connect();
      await own.subscribe(`${prefixOf(fleet)}:hints`, (text) => listener.hint(text));
      await own.subscribe(`${prefixOf(fleet)}:echo:${member}`, () => listener.echo());
      // What was said before is lost.
      listener.hint("");
    };
    const again = async (): Promise<void> => {
      if (over) return;
      // The heartbeat's missing echo tells the member meanwhile.
      await subscribe().catch(() => setTimeout(() => void again(), RESUBSCRIBE_AFTER).unref());
    };
    await this.#url.explaining(subscribe);
    return {
      [Symbol.asyncDispose]: async () => {
        over = true;
        client?.close();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#client?.close();
    this.#client = undefined;
  }

  /** This connection must not reconnect by itself: what it would then send may be long out of date. */
  #connection(): RedisClient {
    return new RedisClient(this.#url.url, {
      autoReconnect: false,
      enableOfflineQueue: false,
      connectionTimeout: 10_000,
    });
  }

  async #open(): Promise<void> {
    if (this.#closed) throw storeFailed(this.name, "is closed");
    const client = this.#connection();
    await client.connect();
    const schema = Number(await client.send("EVAL", [openScript, "0", "hotswap:schema", String(SCHEMA_VERSION)]));
    if (schema > SCHEMA_VERSION) {
      client.close();
      throw newerSchema(this.name, schema, SCHEMA_VERSION);
    }
    this.#client?.close();
    this.#client = client;
  }

  #run<Result>(script: string, ...parameters: string[]): Promise<Result> {
    return this.#explained((client) => client.send("EVAL", [script, "0", ...parameters]) as Promise<Result>);
  }

  async #explained<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
    await this.open();
    return this.#url.explaining(async () => {
      const client = this.#client;
      if (client === undefined) throw storeFailed(this.name, "is closed");
      return work(client);
    });
  }
}

function prefixOf(fleet: string): string {
  return `hotswap:${fleet}`;
}

function wanted(addresses: readonly Address[]): string {
  return JSON.stringify(addresses.map(({ collection, key }) => [collection, key]));
}

function docsOf(addresses: readonly Address[], values: readonly unknown[]): (Doc | undefined)[] {
  return addresses.map((address, index) => {
    const value = values[index];
    return typeof value === "string" ? docOf(address, value) : undefined;
  });
}

function docOf({ collection, key }: Address, value: string): Doc {
  const end = value.indexOf("\n");
  return { collection, key, version: Number(value.slice(0, end)), text: value.slice(end + 1) };
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) list.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return list;
}
