import { rmSync, writeFileSync } from "node:fs";
import { describeError, HotswapError } from "../../src/errors.ts";
import { generateKeys } from "../../src/trust/keys.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { print } from "../terminal/output.ts";

export const keygenCommand = defineCommand({
  name: "keygen",
  description:
    "Makes an Ed25519 pair: <name>.pem to sign with, which only its owner can read, and <name>.pub.pem for hosts to trust.\nNothing that is there is overwritten.",
  usage: "[flags] [name]",
  flags: {},
  examples: [
    { purpose: "hotswap.pem and hotswap.pub.pem", line: "hotswap keygen" },
    { purpose: "a pair for releases", line: "hotswap keygen keys/release" },
  ],
  async run({ operands }) {
    const [name = "hotswap", ...others] = operands;
    if (others.length > 0) throw new UsageError("give one name, or none");
    const { id, privateKey, publicKey } = generateKeys();
    const [secret, open] = [`${name}.pem`, `${name}.pub.pem`];
    writeNew(secret, privateKey, 0o600);
    try {
      writeNew(open, publicKey, 0o644);
    } catch (error) {
      rmSync(secret, { force: true });
      throw error;
    }
    await print(`${secret}\n${open}\nkey ${id}\n`);
    return 0;
  },
});

function writeNew(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { flag: "wx", mode });
  } catch (cause) {
    const cure =
      (cause as NodeJS.ErrnoException).code === "EEXIST" ? "give another name, or remove it" : "name another place";
    throw new HotswapError(
      "HOTSWAP_UNTRUSTED",
      `the key ${file} cannot be written (${describeError(cause)}): ${cure}`,
      {
        cause,
      },
    );
  }
}
