import { createPrivateKey } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PluginManagerSwapper, type TrustedKey } from "hotswap";
import { withSignature } from "../../src/artifact/encode.ts";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { build } from "../../src/build/index.ts";
import type { HotswapError } from "../../src/errors.ts";
import { artifactRecord } from "../../src/trust/artifact.ts";
import { generateKeys, type KeyPair, keyIdOf, readSigningKey } from "../../src/trust/keys.ts";
import { sign, type SignedRecord, signedText } from "../../src/trust/signing.ts";
import { Trust } from "../../src/trust/trust.ts";
import { hotswapError } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject, type Project } from "../support/project.ts";

const ours = generateKeys();
const theirs = generateKeys();
const release: SignedRecord = { kind: "release", fields: { number: 42, fleet: 'ch"at\n', note: null } };

let project: Project;
let keyFile: string;

beforeAll(async () => {
  project = await createProject({
    "plugin/alpha/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { hum: () => 1 } });`,
  });
  keyFile = await keyFileOf(ours);
});

afterAll(() => project[Symbol.asyncDispose]());

async function keyFileOf({ id, privateKey }: KeyPair): Promise<string> {
  const file = project.path(`${id}.pem`);
  await writeFile(file, privateKey, { mode: 0o600 });
  return file;
}

/** The artifact of `alpha` in a folder of its own. */
async function built(options: Parameters<Project["build"]>[1] = {}): Promise<{ dir: string; file: string }> {
  const dir = project.path(`bin-${crypto.randomUUID()}`);
  const { file } = await project.build("alpha", { outputDir: dir, ...options });
  return { dir, file };
}

async function load(dir: string, trust: readonly (string | TrustedKey)[]): Promise<string> {
  await using swapper = new PluginManagerSwapper(dir, { root: project.root, logger: new RecordingLogger(), trust });
  return String(await swapper.loadPlugins());
}

function refused(check: () => void): HotswapError {
  try {
    check();
  } catch (error) {
    return error as HotswapError;
  }
  throw new Error("it was trusted");
}

function openssl(...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...words]);
  if (exitCode !== 0) throw new Error(stderr.toString() + stdout.toString());
  return stdout.toString();
}

describe("a signed artifact", () => {
  test("has the same hash and the same bytes as an unsigned one but for its second line", async () => {
    const unsigned = await readArtifact((await built()).file);
    const signed = await readArtifact((await built({ sign: { key: keyFile } })).file);
    expect(signed.hash).toBe(unsigned.hash);
    const lines = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().split("\n");
    expect(lines(signed.bytes).toSpliced(1, 1)).toEqual(lines(unsigned.bytes).toSpliced(1, 1));
    expect(signed.signature?.keyId).toBe(ours.id);
    expect(unsigned.signature).toBeUndefined();
  });

  test("is loaded by a host that trusts its key, whatever other keys it trusts", async () => {
    const { dir } = await built({ sign: { key: keyFile } });
    expect(await load(dir, [theirs.publicKey, ours.publicKey])).toBe("alpha: ok");
    const file = project.path("both.pem");
    await writeFile(file, theirs.publicKey + ours.publicKey);
    expect(await load(dir, [file])).toBe("alpha: ok");
  });

  test("is not touched by a build that would sign the same again", async () => {
    const { dir } = await built({ sign: { key: keyFile } });
    const again = await project.build("alpha", { outputDir: dir, sign: { key: keyFile } });
    expect(again.unchanged).toBe(true);
    const other = await project.build("alpha", { outputDir: dir, sign: { key: await keyFileOf(theirs) } });
    expect(other.unchanged).toBe(false);
  });

  test("is signed with a key from the environment as well", async () => {
    process.env["TRUST_TEST_KEY"] = ours.privateKey;
    const { dir } = await built({ sign: { key: "env:TRUST_TEST_KEY" } });
    delete process.env["TRUST_TEST_KEY"];
    expect(await load(dir, [ours.publicKey])).toBe("alpha: ok");
    expect(await hotswapError(built({ sign: { key: "env:TRUST_TEST_KEY" } }))).toMatchObject({
      code: "HOTSWAP_UNTRUSTED",
      message: expect.stringContaining("TRUST_TEST_KEY is not set"),
    });
  });
});

describe("HOTSWAP_UNTRUSTED names file and key", () => {
  test("for an artifact without a signature", async () => {
    const { dir, file } = await built();
    const error = await hotswapError(load(dir, [ours.publicKey]));
    expect(error).toMatchObject({ code: "HOTSWAP_UNTRUSTED", phase: "scan" });
    expect(error.message).toBe(
      `${file} is not signed, and only what is signed by the key ${ours.id} is trusted: sign it`,
    );
  });

  test("for one that a foreign key signed", async () => {
    const { dir, file } = await built({ sign: { key: await keyFileOf(theirs) } });
    const { code, message } = await hotswapError(load(dir, [ours.publicKey]));
    expect(code).toBe("HOTSWAP_UNTRUSTED");
    expect(message).toStartWith(`${file} is signed by the key ${theirs.id}, and the key ${ours.id} is trusted`);
  });

  test("for one with the signature of another artifact", async () => {
    const donor = await readArtifact((await built({ sign: { key: keyFile } })).file);
    const { dir, file } = await built({ buildFlags: ["--minify"] });
    const artifact = await readArtifact(file);
    if (donor.signature === undefined) throw new Error("the donor is not signed");
    await writeFile(file, withSignature(artifact, donor.signature).bytes);
    expect((await hotswapError(load(dir, [ours.publicKey]))).message).toContain(`by the key ${ours.id} does not match`);
  });

  test("for one whose content was changed and hashed anew: the name, too, is signed", async () => {
    const artifact = await readArtifact((await built({ sign: { key: keyFile } })).file);
    const trust = new Trust([ours.publicKey]);
    expect(() => trust.verifyArtifact(artifact, "it")).not.toThrow();
    const renamed = { ...artifact, manifest: { ...artifact.manifest, name: "beta" } };
    expect(refused(() => trust.verifyArtifact(renamed, "it")).message).toContain("does not match");
    const dated = {
      ...artifact,
      signature: { ...(artifact.signature ?? never()), signed: "2030-01-01T00:00:00.000Z" },
    };
    expect(refused(() => trust.verifyArtifact(dated, "it")).message).toContain("does not match");
  });

  test("a live set stays when what is published next is not trusted", async () => {
    const { dir } = await built({ sign: { key: keyFile } });
    await using swapper = new PluginManagerSwapper(dir, {
      root: project.root,
      logger: new RecordingLogger(),
      trust: [ours.publicKey],
    });
    await swapper.loadPlugins();
    const before = swapper.current;
    await project.build("alpha", { outputDir: dir, buildFlags: ["--minify"] });
    expect((await hotswapError(swapper.reload())).code).toBe("HOTSWAP_UNTRUSTED");
    expect(swapper.current).toBe(before);
  });

  test("for keys that cannot be used", async () => {
    const rsa = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048");
    await writeFile(project.path("rsa.pem"), rsa, { mode: 0o600 });
    expect((await hotswapError(built({ sign: { key: project.path("rsa.pem") } }))).message).toContain(
      "of the kind rsa",
    );
    expect(() => new Trust([ours.privateKey])).toThrow("a host is given public keys alone");
    expect(() => new Trust([project.path("nowhere.pem")])).toThrow("cannot be read");
    expect(() => new Trust([project.path("package.json")])).toThrow("holds no public key");
    expect(() => new PluginManagerSwapper("bin", { trust: [] })).toThrow(RangeError);
    expect(() => readSigningKey(ours.privateKey)).toThrow("must not stand on a command line");
  });

  test("for a private key that others can read", async () => {
    const file = await keyFileOf(generateKeys());
    await chmod(file, 0o640);
    const error = await hotswapError(built({ sign: { key: file } }));
    expect(error.message).toBe(`the private key ${file} can be read by others (its mode is 0640): chmod 600 ${file}`);
  });
});

describe("limits of time", () => {
  const key = { id: ours.id, key: readKey(ours) };
  const past = new Date(Date.now() - 60_000);
  const future = new Date(Date.now() + 60_000);

  test("a signature counts until it expires", () => {
    const signature = sign(release, key, { expires: new Date(Date.now() + 5) });
    while (Date.now() < new Date(signature.expires ?? 0).getTime());
    const error = refused(() => new Trust([ours.publicKey]).verify(release, signature, "release 42"));
    expect(error.message).toBe(
      `the signature of release 42 by the key ${ours.id} expired at ${signature.expires}: sign it anew`,
    );
    expect(() => sign(release, key, { expires: past })).toThrow("cannot expire before it is made");
    new Trust([ours.publicKey]).verify(release, sign(release, key, { expires: future }), "release 42");
  });

  test("what a key signed before its notBefore is refused", () => {
    const signature = sign(release, key);
    const trust = (notBefore: Date) => new Trust([{ key: ours.publicKey, notBefore }]);
    trust(past).verify(release, signature, "release 42");
    expect(refused(() => trust(future).verify(release, signature, "release 42")).message).toContain("is refused");
  });

  test("a key that expired counts no longer, and another entry of the same key may", () => {
    const signature = sign(release, key);
    const expired = { key: ours.publicKey, expires: past };
    const error = refused(() => new Trust([expired]).verify(release, signature, "release 42"));
    expect(error.message).toContain("is trusted no longer since");
    new Trust([expired, ours.publicKey]).verify(release, signature, "release 42");
    expect(() => new Trust([{ key: ours.publicKey, expires: "some day" }])).toThrow(RangeError);
  });
});

describe("without hotswap", () => {
  test("openssl checks what we signed", async () => {
    const artifact = await readArtifact((await built({ sign: { key: keyFile } })).file);
    const signature = artifact.signature ?? never();
    const text = [
      "hotswap artifact",
      `key ${ours.id}`,
      `signed ${signature.signed}`,
      "expires never",
      "contract null",
      "format 1",
      `hash "${artifact.hash}"`,
      'name "alpha"',
      "",
    ].join("\n");
    await writeFile(project.path("text"), text);
    await writeFile(project.path("value"), Buffer.from(signature.value, "base64"));
    await writeFile(project.path("public.pem"), ours.publicKey);
    expect(checkedByOpenssl("public.pem", "text", "value")).toContain("Verified Successfully");
    await writeFile(project.path("text"), text.replace("alpha", "alphA"));
    expect(() => checkedByOpenssl("public.pem", "text", "value")).toThrow();
  });

  test("we check what openssl signed, with keys that openssl made", async () => {
    const [secret, open] = [project.path("openssl.pem"), project.path("openssl.pub.pem")];
    openssl("genpkey", "-algorithm", "ed25519", "-out", secret);
    openssl("pkey", "-in", secret, "-pubout", "-out", open);
    openssl("pkey", "-pubin", "-in", open, "-outform", "DER", "-out", project.path("openssl.der"));
    const id = openssl("dgst", "-sha256", project.path("openssl.der")).trim().split(" ").at(-1)?.slice(0, 16) ?? "";
    expect(readSigningKey(secret).id).toBe(id);
    const { dir, file } = await built();
    const artifact = await readArtifact(file);
    const unsigned = { keyId: id, signed: new Date().toISOString(), expires: null };
    await writeFile(project.path("text"), signedText(artifactRecord(artifact), unsigned));
    openssl("pkeyutl", "-sign", "-inkey", secret, "-rawin", "-in", project.path("text"), "-out", project.path("value"));
    const value = (await readFile(project.path("value"))).toString("base64");
    await writeFile(file, withSignature(artifact, { ...unsigned, value }).bytes);
    expect(await load(dir, [open])).toBe("alpha: ok");
  });
});

test("static linking says that trust asks for nothing there", async () => {
  const logger = new RecordingLogger();
  await using swapper = new PluginManagerSwapper("", { logger, staticPlugins: {}, trust: [ours.publicKey] });
  await swapper.loadPlugins();
  expect(logger.of("warn")).toContain("trust asks for no signatures here: what is linked in is part of the host");
});

test("the builder of the development loop signs, too", async () => {
  const { createBuilder } = await import("../../src/build/index.ts");
  const outputDir = project.path("bin-builder");
  await createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir, sign: { key: keyFile } }).build();
  await expect(load(outputDir, [ours.publicKey])).resolves.toBe("alpha: ok");
  await build({ pluginDir: project.path("plugin/alpha"), outputDir });
  await expect(load(outputDir, [ours.publicKey])).rejects.toMatchObject({ code: "HOTSWAP_UNTRUSTED" });
});

function checkedByOpenssl(key: string, text: string, value: string): string {
  const [publicKey, input, signature] = [project.path(key), project.path(text), project.path(value)];
  return openssl("pkeyutl", "-verify", "-pubin", "-inkey", publicKey, "-rawin", "-in", input, "-sigfile", signature);
}

function readKey({ privateKey }: KeyPair) {
  const key = createPrivateKey(privateKey);
  expect(keyIdOf(key)).toBe(ours.id);
  return key;
}

function never(): never {
  throw new Error("the artifact is not signed");
}
