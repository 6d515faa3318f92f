import { writeFile } from "node:fs/promises";
import { createPrivateKey } from "node:crypto";
import { PluginManagerSwapper } from "hotswap";
import { withSignature } from "../../src/artifact/encode.ts";
import { bodyStart, DATA_LINE, hashOf, headerLine, nextLine, RUN_AS_IT_IS } from "../../src/artifact/layout.ts";
import type { Manifest } from "../../src/artifact/manifest.ts";
import { artifactRecord } from "../../src/trust/artifact.ts";
import { generateKeys } from "../../src/trust/keys.ts";
import { sign } from "../../src/trust/signing.ts";
import { createProject } from "../support/project.ts";
import { RecordingLogger } from "../support/logger.ts";
import type { Random } from "./random.ts";
import { Broken, type Target } from "./target.ts";

const sources = {
  "plugin/alpha/index.ts": `import { asset, definePlugin } from "hotswap"; import { tool } from "../../tool";
    export default definePlugin({ functions: { version: () => 1, text: () => asset("a.txt").text() + tool } });`,
  "plugin/alpha/live.ts": `export function live_one() { return 1; } export class Live_Two { hp = 1; }`,
  "plugin/alpha/a.txt": "text",
  "plugin/steady/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { version: () => 7 } });`,
  "tool.ts": "export const tool = 1;",
};

/** Artifacts of every kind beside one that is right, in the folder of a host that trusts a key. The set that is live must stay. */
export async function artifacts(): Promise<Target> {
  await using owned = new AsyncDisposableStack();
  const [bundled, apart] = [
    owned.use(await createProject(sources)),
    owned.use(await createProject(sources, { apart: true })),
  ];
  const pair = generateKeys();
  const signing = { id: pair.id, key: createPrivateKey(pair.privateKey) };
  const keyFile = bundled.path("key.pem");
  await writeFile(keyFile, pair.privateKey, { mode: 0o600 });
  const options = { include: "txt$", sign: { key: keyFile } };
  await bundled.build("steady", options);
  const samples = await Promise.all(
    [bundled, apart].map(async (project) => {
      const file = (await project.build("alpha", options)).file;
      return Buffer.from(await Bun.file(file).bytes());
    }),
  );
  const fuzzed = bundled.path("bin/alpha.js");
  const root = bundled.root;
  const swapper = owned.use(
    new PluginManagerSwapper(bundled.out, {
      root,
      freeDelay: 0,
      trust: [pair.publicKey],
      logger: new RecordingLogger(),
    }),
  );
  await swapper.loadPlugins();
  const stack = owned.move();
  return {
    async attempt(random) {
      const before = swapper.current;
      await writeFile(fuzzed, hostile(random, random.pick(samples), signing));
      const isIntact = (): boolean => swapper.current?.findPlugin("steady")?.invokeFunc("version") === 7;
      try {
        await swapper.reload();
        await swapper.drained();
      } catch (error) {
        if (swapper.current !== before) throw new Broken("a refused reload changed the set", { cause: error });
        if (!isIntact()) throw new Broken("the set was lost", { cause: error });
        throw error;
      }
      if (!isIntact()) throw new Broken("the set was lost");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Damaged as it is, or with its hash, and its signature, made right again. */
function hostile(random: Random, sample: Buffer, key: Parameters<typeof sign>[1]): Uint8Array {
  const kind = random.next();
  if (kind < 0.05) return random.bytes(random.below(600));
  if (kind < 0.2) return random.damaged(sample);
  const start = bodyStart(sample);
  const end = nextLine(sample, start);
  const manifest = JSON.parse(sample.toString("utf8", start + DATA_LINE.length, end)) as Manifest;
  let body = sample.subarray(start);
  if (random.next() < 0.5) {
    const changed = JSON.stringify(random.changed(manifest)) ?? "";
    body = Buffer.concat([Buffer.from(`${DATA_LINE}${changed}\n`), sample.subarray(end)]);
  }
  if (random.next() < 0.5) body = random.damaged(body);
  const hash = hashOf(body);
  const artifact = { bytes: Buffer.concat([Buffer.from(RUN_AS_IT_IS + headerLine(hash)), body]), hash };
  // What is signed is what the manifest says: whoever signs has read it.
  return withSignature(artifact, sign(artifactRecord({ manifest: signedManifest(body) ?? manifest, hash }), key)).bytes;
}

function signedManifest(body: Buffer): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(body.toString("utf8", DATA_LINE.length, nextLine(body, 0)));
    return typeof manifest === "object" && manifest !== null ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}
