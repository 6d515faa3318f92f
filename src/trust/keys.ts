import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { TrustedKey } from "../artifact/signature.ts";
import { describeError, HotswapError } from "../errors.ts";

/** What signs. */
export interface SigningKey {
  /** See {@link keyIdOf}. */
  readonly id: string;
  readonly key: KeyObject;
}

/** What checks signatures, within its limits. */
export interface CheckingKey extends SigningKey {
  /** What was signed earlier is refused. */
  readonly notBefore: Date | undefined;
  readonly expires: Date | undefined;
  /** Where it was read, for people. */
  readonly source: string;
}

/** A new pair of keys, as PEM text. */
export interface KeyPair {
  /** Of the public key. */
  readonly id: string;
  /** PKCS#8. */
  readonly privateKey: string;
  /** SPKI. */
  readonly publicKey: string;
}

const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g;
const FROM_ENVIRONMENT = "env:";

/** How the name of a public key of `hotswap keygen` ends. */
const PUBLIC_ENDING = ".pub.pem";

/** The first 16 hexadecimal digits of the SHA-256 of the public key in its standard form (SPKI, DER). */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);
}

/** A new Ed25519 pair. */
export function generateKeys(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    id: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/**
 * The private key in a PEM file, or in an environment variable: `key.pem`, `env:SIGNING_KEY`. Throws `HOTSWAP_UNTRUSTED`,
 * also for a file that others than its owner may read.
 */
export function readSigningKey(source: string): SigningKey {
  if (source.includes("-----BEGIN")) {
    throw untrusted(
      "a private key must not stand on a command line, where every process sees it: name its file, or env:VARIABLE",
    );
  }
  const pem = source.startsWith(FROM_ENVIRONMENT)
    ? requireVariable(source.slice(FROM_ENVIRONMENT.length))
    : readPrivateFile(source);
  refusePublic(pem, source);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    // What OpenSSL says of a text never quotes it.
    throw untrusted(`${source} holds no private key in PEM (PKCS#8): ${describeError(cause)}`, cause);
  }
  return { id: keyIdOf(requireEd25519(key, source)), key };
}

/**
 * All public keys of PEM texts or files. Throws `HOTSWAP_UNTRUSTED` for what cannot be read or is not an Ed25519 key, and when
 * there is none at all.
 */
export function readTrustedKeys(trusted: readonly (string | TrustedKey)[]): CheckingKey[] {
  const keys = trusted.flatMap((each) => {
    const { key, notBefore, expires } = typeof each === "string" ? { key: each } : each;
    const [from, until] = [moment("notBefore", notBefore), moment("expires", expires)];
    const isText = key.includes("-----BEGIN");
    const source = isText ? "a key in trust" : resolve(key);
    return publicKeysOf(isText ? key : readKeyFile(source), source).map(({ id, key: found }) => ({
      id,
      key: found,
      source,
      notBefore: from,
      expires: until,
    }));
  });
  if (keys.length === 0) throw untrusted("trust names no key: nothing could be loaded");
  return keys;
}

function publicKeysOf(text: string, source: string): SigningKey[] {
  const blocks = Array.from(text.matchAll(PEM));
  if (blocks.length === 0) throw untrusted(`${source} holds no public key in PEM`);
  return blocks.map(([block, label]) => {
    if (label !== "PUBLIC KEY") {
      throw untrusted(
        `${source} holds a ${label?.toLowerCase()}, and a host is given public keys alone: take the .pub.pem that \`hotswap keygen\` wrote`,
      );
    }
    try {
      const key = requireEd25519(createPublicKey(block), source);
      return { id: keyIdOf(key), key };
    } catch (cause) {
      if (cause instanceof HotswapError) throw cause;
      throw untrusted(`${source} holds a public key that cannot be read: ${describeError(cause)}`, cause);
    }
  });
}

function refusePublic(pem: string, source: string): void {
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return;
  const name = source.endsWith(PUBLIC_ENDING) ? `${source.slice(0, -PUBLIC_ENDING.length)}.pem` : "<name>.pem";
  throw untrusted(
    `${source} holds a public key, by which signatures are checked: sign with the private key of its pair, which \`hotswap keygen\` writes as ${name}`,
  );
}

function requireEd25519(key: KeyObject, source: string): KeyObject {
  if (key.asymmetricKeyType === "ed25519") return key;
  throw untrusted(
    `${source} holds a key of the kind ${key.asymmetricKeyType ?? key.type}; artifacts are signed with Ed25519: make one with \`hotswap keygen\``,
  );
}

function requireVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw untrusted(`the environment variable ${name} is not set: put the key in it`);
  return value;
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw untrusted(`the key ${file} cannot be read: ${describeError(cause)}`, cause);
  }
}

/** As OpenSSH does: a private key of ours that others can read is not a secret. */
function readPrivateFile(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const { mode, uid } = fstatSync(descriptor);
    const text = readFileSync(descriptor, "utf8");
    // Of a public key it does not matter who can read it.
    refusePublic(text, file);
    if (uid === process.getuid?.() && (mode & 0o077) !== 0) {
      const rights = (mode & 0o777).toString(8).padStart(4, "0");
      throw untrusted(`the private key ${file} can be read by others (its mode is ${rights}): chmod 600 ${file}`);
    }
    return text;
  } catch (cause) {
    if (cause instanceof HotswapError) throw cause;
    throw untrusted(`the private key ${file} cannot be read: ${describeError(cause)}`, cause);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function moment(name: string, value: Date | string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new RangeError(`${name} of a trusted key is not a time: ${String(value)}`);
  return date;
}

function untrusted(message: string, cause?: unknown): HotswapError {
  return new HotswapError("HOTSWAP_UNTRUSTED", message, { cause });
}
