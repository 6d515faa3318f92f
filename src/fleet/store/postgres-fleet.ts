import { SQL } from "bun";
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
import { createSchema, SCHEMA } from "./postgres-schema.ts";
import { newerSchema, StoreUrl } from "./store-error.ts";

/** Connections that a member uses beside the one that listens. */
const CONNECTIONS = 2;

/** Documents with these addresses, as JSON, in one snapshot. */
const DOCS = `(SELECT json_agg(json_build_object('collection', collection, 'key', key, 'version', version, 'text', text))
  FROM ${SCHEMA}.docs WHERE fleet = $1 AND (collection, key) IN (SELECT a->>0, a->>1 FROM json_array_elements($2::text::json) a))`;

/**
 * A store in the PostgreSQL database that `url` names, in the schema `hotswap_fleet`, which is made when it is absent.
 * PostgreSQL 13 or newer. Each process uses up to three connections.
 */
export function postgresFleet(url: string | undefined): FleetStore {
  return new PostgresFleet(new StoreUrl(url ?? "", "of postgresFleet()"));
}

interface Answer {
  readonly now: number;
  readonly docs: readonly Doc[] | null;
}

class PostgresFleet implements FleetStore {
  readonly name: string;
  readonly #url: StoreUrl;
  readonly #sql: SQL;
  #opening: Promise<void> | undefined;

  constructor(url: StoreUrl) {
    this.#url = url;
    this.name = url.name;
    this.#sql = new SQL(url.url, {
      max: CONNECTIONS,
      connectionTimeout: 10,
      connection: { default_transaction_isolation: "read committed" },
    });
  }

  open(): Promise<void> {
    this.#opening ??= this.#url
      .explaining(() => this.#open())
      .catch((error: unknown) => {
        this.#opening = undefined;
        throw error;
      });
    return this.#opening;
  }

  async read(fleet: string, addresses: readonly Address[]): Promise<Snapshot> {
    const query = `SELECT ${SCHEMA}.now()::float8 AS now, ${DOCS} AS docs`;
    const [row] = await this.#query<Answer>(query, [fleet, wanted(addresses)]);
    return snapshot(row, addresses);
  }

  async list(fleet: string, collection: string): Promise<readonly Doc[]> {
    const query = `SELECT collection, key, version::float8 AS version, text FROM ${SCHEMA}.docs WHERE fleet = $1 AND collection = $2 ORDER BY key`;
    return this.#query<Doc>(query, [fleet, collection]);
  }

  async count(fleet: string, collection: string): Promise<number> {
    const query = `SELECT count(*)::float8 AS count FROM ${SCHEMA}.docs WHERE fleet = $1 AND collection = $2`;
    const [row] = await this.#query<{ count: number }>(query, [fleet, collection]);
    return row?.count ?? 0;
  }

  async write(fleet: string, change: Change): Promise<boolean> {
    const query = `SELECT ${SCHEMA}.write($1, $2::text::json, $3) AS written`;
    const [row] = await this.#query<{ written: boolean }>(query, [fleet, JSON.stringify(change), channelOf(fleet)]);
    return row?.written === true;
  }

  async beat(fleet: string, beat: Beat, addresses: readonly Address[]): Promise<BeatAnswer> {
    const { id, incarnation, text, lease, take = false } = beat;
    const query = `SELECT ${SCHEMA}.beat($1, $3, $4, $5, $6::bigint, $7::boolean, $8) AS kept, ${SCHEMA}.now()::float8 AS now, ${DOCS} AS docs`;
    const [row] = await this.#query<Answer & { kept: boolean }>(query, [
      fleet,
      wanted(addresses),
      id,
      incarnation,
      text,
      lease,
      take,
      channelOf(fleet, id),
    ]);
    return { ...snapshot(row, addresses), kept: row?.kept === true };
  }

  async leases(fleet: string): Promise<Leases> {
    const rows = `SELECT json_agg(json_build_object('id', id, 'text', text, 'expires', expires) ORDER BY id) FROM ${SCHEMA}.members WHERE fleet = $1`;
    const query = `SELECT ${SCHEMA}.now()::float8 AS now, (${rows}) AS rows`;
    const [row] = await this.#query<{ now: number; rows: LeaseRow[] | null }>(query, [fleet]);
    return { now: row?.now ?? 0, rows: row?.rows ?? [] };
  }

  async leave(fleet: string, { id, incarnation }: Pick<Beat, "id" | "incarnation">): Promise<void> {
    const query = `DELETE FROM ${SCHEMA}.members WHERE fleet = $1 AND id = $2 AND incarnation = $3`;
    await this.#query(query, [fleet, id, incarnation]);
  }

  async forget(fleet: string, id: string, before: number): Promise<void> {
    const query = `DELETE FROM ${SCHEMA}.members WHERE fleet = $1 AND id = $2 AND expires < $3::bigint`;
    await this.#query(query, [fleet, id, before]);
  }

  async putArtifact(fleet: string, hash: string, bytes: Uint8Array): Promise<void> {
    const query = `INSERT INTO ${SCHEMA}.artifacts VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;
    await this.#query(query, [fleet, hash, bytes]);
  }

  async artifact(fleet: string, hash: string): Promise<Uint8Array | undefined> {
    const query = `SELECT bytes FROM ${SCHEMA}.artifacts WHERE fleet = $1 AND hash = $2`;
    const [row] = await this.#query<{ bytes: Uint8Array }>(query, [fleet, hash]);
    return row?.bytes;
  }

  async artifacts(fleet: string): Promise<ReadonlyMap<string, number>> {
    const query = `SELECT hash, length(bytes)::float8 AS size FROM ${SCHEMA}.artifacts WHERE fleet = $1 ORDER BY hash`;
    const rows = await this.#query<{ hash: string; size: number }>(query, [fleet]);
    return new Map(rows.map(({ hash, size }) => [hash, size]));
  }

  async listen(fleet: string, member: string, listener: HintListener): Promise<AsyncDisposable> {
    await this.open();
    // What was sent while the connection was lost is lost, too.
    const hear = (): void => listener.hint("");
    return this.#url.explaining(async () => {
      const hints = await this.#sql.listen(channelOf(fleet), (text) => listener.hint(text), hear);
      const echo = await this.#sql.listen(channelOf(fleet, member), () => listener.echo());
      return {
        [Symbol.asyncDispose]: async () => {
          await Promise.allSettled([hints.unlisten(), echo.unlisten()]);
        },
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.close({ timeout: 1 }).catch(() => {});
  }

  async #open(): Promise<void> {
    await this.#sql.begin(async (sql) => {
      // Two processes that make the same tables at one moment would disturb each other.
      await sql.unsafe("SELECT pg_advisory_xact_lock(hashtext($1), 0)", [SCHEMA]);
      const [row] = await sql.unsafe<{ there: boolean }[]>(`SELECT to_regclass('${SCHEMA}.meta') IS NOT NULL AS there`);
      if (row?.there !== true) await sql.unsafe(createSchema).simple();
      const [meta] = await sql.unsafe<{ version: number }[]>(`SELECT version FROM ${SCHEMA}.meta`);
      const version = meta?.version ?? 0;
      if (version > SCHEMA_VERSION) throw newerSchema(this.name, version, SCHEMA_VERSION);
    });
  }

  async #query<Row>(query: string, parameters: unknown[]): Promise<Row[]> {
    await this.open();
    return this.#url.explaining(async () => Array.from(await this.#sql.unsafe<Row[]>(query, parameters)));
  }
}

function wanted(addresses: readonly Address[]): string {
  return JSON.stringify(addresses.map(({ collection, key }) => [collection, key]));
}

function snapshot(row: Answer | undefined, addresses: readonly Address[]): Snapshot {
  const docs = row?.docs ?? [];
  const find = ({ collection, key }: Address): Doc | undefined =>
    docs.find((doc) => doc.collection === collection && doc.key === key);
  return { now: row?.now ?? 0, docs: addresses.map(find) };
}

/** Names of channels are short. */
function channelOf(fleet: string, member?: string): string {
  const name = member === undefined ? fleet : `${fleet}\n${member}`;
  return `hotswap_${new Bun.CryptoHasher("sha256").update(name).digest("hex").slice(0, 32)}`;
}
