import { HotswapError } from "../../src/errors.ts";
import { didYouMean } from "../../src/suggest.ts";
import { paintFor } from "../terminal/paint.ts";
import { connect, printJson } from "./connect.ts";
import { fields } from "./table.ts";
import { print } from "../terminal/output.ts";

export interface HostVaultRequest {
  /** The host's control socket. */
  readonly host: string;
  /** Prints the value of this key; every key unless given. */
  readonly key: string | undefined;
  readonly json: boolean;
}

/** Prints what is in the vault of a running host. Throws `HOTSWAP_CONTROL_FAILED` when nobody answers. */
export async function printHostVault({ host, key, json }: HostVaultRequest): Promise<void> {
  const client = connect({ host });
  if (key !== undefined) {
    const value = json ? await client.storedValue(key) : await client.vaultValue(key);
    if ("found" in value ? !value.found : !("value" in value)) {
      const { keys } = await client.vaultKeys();
      const problem = `the data bag of the host at ${host} has no key ${JSON.stringify(key)}${didYouMean(key, keys)}`;
      throw new HotswapError("HOTSWAP_STORE_FAILED", problem);
    }
    if ("text" in value) await print(`${value.text}\n`);
    else await printJson(value);
    return;
  }
  const vault = await client.vaultKeys();
  if (json) {
    const { keys, ...live } = vault;
    await printJson({ keys: keys.map((each) => ({ key: each })), ...live });
    return;
  }
  const rows = [
    ["data", list(vault.keys)],
    ["live functions", list(vault.liveFuncs)],
    ["live types", list(vault.liveTypes)],
  ] as const;
  await print(fields(rows, paintFor("stdout")));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
