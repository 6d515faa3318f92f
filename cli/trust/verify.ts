import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ARTIFACT_EXTENSION } from "../../src/artifact/manifest.ts";
import { type ReadArtifact, readArtifact } from "../../src/artifact/read-artifact.ts";
import { describeError, HotswapError } from "../../src/errors.ts";
import { Trust } from "../../src/trust/trust.ts";
import { defineCommand, UsageError } from "../frame/command.ts";
import { reportError } from "../frame/run.ts";
import { print } from "../terminal/output.ts";

export const verifyCommand = defineCommand({
  name: "verify",
  description:
    "Checks artifacts, or every artifact of a folder: whether each is intact, and signed by a key that is trusted.\nPrints one line for each that is, and exits with 1 if one is not.",
  usage: "[flags] <folder | artifact...>",
  flags: {
    trust: {
      type: "string",
      valueHint: "KEYS",
      description: "PEM file of the public keys that are trusted; it may hold several",
    },
  },
  examples: [{ purpose: "before a deployment", line: "hotswap verify --trust hotswap.pub.pem bin" }],
  async run({ flags, operands }) {
    if (operands.length === 0) throw new UsageError("give the folder of the artifacts, or artifacts");
    if (flags.trust === undefined) throw new UsageError("say with --trust which keys are trusted");
    const trust = new Trust([flags.trust]);
    let failures = 0;
    const files = operands.flatMap(artifactsIn);
    for (const file of files) {
      try {
        const artifact = await readArtifact(file);
        trust.verifyArtifact(artifact, file);
        await print(`${file}: ${described(artifact)}\n`);
      } catch (error) {
        failures++;
        await reportError(error, flags.debug === true);
      }
    }
    if (files.length === 0) await print("there are no artifacts\n");
    return failures === 0 && files.length > 0 ? 0 : 1;
  },
});

function described({ manifest, hash, signature }: ReadArtifact): string {
  const until = signature?.expires == null ? "" : `, until ${signature.expires}`;
  return `${manifest.name} ${hash.slice(0, 12)}, signed by the key ${signature?.keyId} at ${signature?.signed}${until}`;
}

function artifactsIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith(ARTIFACT_EXTENSION) && !name.startsWith("."));
    return names.toSorted().map((name) => join(path, name));
  } catch (cause) {
    throw new HotswapError("HOTSWAP_PLUGIN_DIR_NOT_FOUND", `${path} cannot be read: ${describeError(cause)}`, {
      cause,
    });
  }
}
