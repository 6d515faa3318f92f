import type { AssetEntry, HostModule, Manifest, Section, Sections } from "./manifest.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Why `value` is not a manifest; `undefined` when it is one. A right hash says that nothing was damaged on the way, not that
 * hotswap wrote it. What a newer version added is left alone.
 */
export function problemOfManifest(value: unknown): string | undefined {
  if (!isRecord(value)) return "it is not an object";
  if (!isPluginName(value["name"])) return `its name is ${JSON.stringify(value["name"]) ?? "missing"}`;
  const wrong = Object.entries(checks).find(([field, isRight]) => !isRight(value[field]));
  return wrong === undefined ? undefined : `its ${wrong[0]} are not as they should be`;
}

const checks: Readonly<Record<Exclude<keyof Manifest, "name">, (value: unknown) => boolean>> = {
  folder: isText,
  hostModules: listOf<HostModule>({
    specifier: isText,
    from: isTextOrNone,
    type: isTextOrNone,
    names: isTexts,
    lazy: isBoolean,
  }),
  liveFuncs: isTextTable,
  liveTypes: isTextTable,
  assets: listOf<AssetEntry>({ path: isText, size: isCount }),
  sections: (value) => value === undefined || isSections(value),
};

const areSections = listOf<Section>({
  path: isText,
  imports: isTexts,
  later: optional((later) => isRecord(later) && Object.values(later).every(isTexts)),
  before: optional(isCount),
  async: optional((value) => value === true),
  commonjs: optional((value) => value === true),
  line: optional(isCount),
});

function optional(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isRight(value);
}

/** Whether it can be the base name of a folder: it is not a path, it can be shown, and a folder can be called so. */
function isPluginName(value: unknown): value is string {
  return isText(value) && value !== "" && value.length <= 255 && !value.startsWith(".") && !/[/\0]/.test(value);
}

function isSections(value: unknown): boolean {
  const shape: Shape<Sections> = {
    root: isText,
    modules: areSections,
    exportNames: isTextTable,
  };
  return isOfShape(value, shape);
}

type Shape<Type> = { readonly [Field in keyof Required<Type>]: (value: unknown) => boolean };

function listOf<Type>(shape: Shape<Type>): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every((entry) => isOfShape(entry, shape));
}

function isOfShape<Type>(value: unknown, shape: Shape<Type>): boolean {
  return (
    isRecord(value) &&
    Object.entries<(value: unknown) => boolean>(shape).every(([field, isRight]) => isRight(value[field]))
  );
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextTable(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isText);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
