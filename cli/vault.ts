import { HotswapError } from "../src/errors.ts";
import { didYouMean } from "../src/suggest.ts";
import { type InspectedKey, inspectKey, inspectStore } from "../src/inspect/stored-vault.ts";
import { defineCommand, UsageError } from "./frame/command.ts";
import { printJson } from "./host/connect.ts";
import { printHostVault } from "./host/vault.ts";
import { type Paint, paintFor } from "./terminal/paint.ts";
import { print } from "./terminal/output.ts";

export const vaultCommand = defineCommand({
  name: "vault",
  description:
    "Shows what is in the store of a data bag or job queue: its keys with sizes and versions, or the value of one key.\nThe host that owns the store may be running meanwhile. With --host, the vault of a running host as it is in memory.",
  usage: "[flags] (<file> | --host SOCKET) [key]",
  flags: {
    host: {
      type: "string",
      valueHint: "SOCKET",
      description: "Ask the host with this control socket, in place of a file",
    },
    json: {
      type: "boolean",
      description: "Print JSON: { keys: [{ key, … }] }, or { key, value, … } with the value as stores hold it",
    },
  },
  examples: [
    { purpose: "every key", line: "hotswap vault bag.db" },
    { purpose: "one value", line: "hotswap vault bag.db players" },
    { purpose: "of a running host", line: "hotswap vault --host /run/app.sock" },
    { purpose: "for another program", line: "hotswap vault --json bag.db" },
  ],
  async run({ flags, operands }) {
    const { host } = flags;
    if (host !== undefined) {
      const [key, ...others] = operands;
      if (others.length > 0) throw new UsageError("with --host there is no file: give one key, or none");
      await printHostVault({ host, key, json: flags.json === true });
      return 0;
    }
    const [file, key, ...others] = operands;
    if (file === undefined) throw new UsageError("give the file of the store, or a running host with --host");
    if (others.length > 0) throw new UsageError(`give one key, not ${operands.length - 1}`);
    const show = key === undefined ? showKeys : showKey;
    await show({ file, key: key ?? "", json: flags.json === true });
    return 0;
  },
});

interface Request {
  readonly file: string;
  readonly key: string;
  readonly json: boolean;
}

async function showKeys({ file, json }: Request): Promise<void> {
  const inspection = await inspectStore(file);
  if (json) return printJson(inspection);
  const paint = paintFor("stdout");
  const { bytes, keys } = inspection;
  const total = `${keys.length} ${keys.length === 1 ? "key" : "keys"}, ${bytes} bytes on disk`;
  await print(`${[...table(keys, paint), paint.dim(total)].join("\n")}\n`);
}

async function showKey({ file, key, json }: Request): Promise<void> {
  const found = await inspectKey(file, key);
  if (!found) {
    const { keys } = await inspectStore(file);
    const near = didYouMean(
      key,
      keys.map((each) => each.key),
    );
    throw new HotswapError("HOTSWAP_STORE_FAILED", `the store ${file} has no key ${JSON.stringify(key)}${near}`);
  }
  const { value, text, ...described } = found;
  // The value in the store's own form: not every value can be written as it is in JSON.
  if (json) await printJson({ ...described, value: JSON.parse(text) });
  else await print(`${Bun.inspect(value, { depth: Infinity, colors: false })}\n`);
}

function table(keys: readonly InspectedKey[], paint: Paint): string[] {
  if (keys.length === 0) return [];
  const rows = keys.map((each) => [shown(each.key), String(each.bytes), String(each.version), contentOf(each)]);
  const head = ["key", "bytes", "version", "content"];
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [paint.bold(line(head)), ...rows.map(line)];
}

/** Live types with their versions, or what a job is. */
function contentOf({ types, job }: InspectedKey): string {
  if (!job) return types.map(({ name, version }) => `${name} ${version}`).join(", ");
  const failures = job.failures === 0 ? "" : `, failed ${job.failures} times: ${job.error ?? "unknown"}`;
  return `${job.state} job ${job.type}${failures}`;
}

/** A key that does not look like a word is quoted. */
function shown(key: string): string {
  return /^[\p{L}\p{N}\p{P}\p{S}]([\p{L}\p{N}\p{P}\p{S} ]*[\p{L}\p{N}\p{P}\p{S}])?$/u.test(key)
    ? key
    : JSON.stringify(key);
}
