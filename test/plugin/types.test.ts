import { describe, expectTypeOf, test } from "bun:test";
import {
  definePlugin,
  dependency,
  type ExportOf,
  type Plugin,
  type PluginManager,
  type PluginManagerSwapper,
  type Vault,
} from "hotswap";

/*
 * These tests are checked by the compiler: what must not compile stands behind `@ts-expect-error`, which is itself an
 * error when the line compiles. The bodies do not run.
 */

interface AlphaExport {
  one(): number;
  readonly label: string;
}

const alpha = definePlugin({
  export: (): AlphaExport => ({ one: () => 1, label: "alpha" }),
  functions: {
    hum: (n: number) => n * 2,
    async later(name: string, times = 1) {
      return name.repeat(times);
    },
  },
});

const open = definePlugin({
  invokeFunc(name: "start" | "stop", at: Date) {
    return `${name} ${at.getTime()}`;
  },
});

const empty = definePlugin({});

declare const manager: PluginManager<{ users: number }>;
declare const swapper: PluginManagerSwapper<{ users: number }>;

describe("3 full inference", () => {
  test("invokeFunc takes the names and params of the definition and answers its results", () => {
    void ((plugin: Plugin<typeof alpha>): void => {
      expectTypeOf(plugin.invokeFunc("hum", 3)).toEqualTypeOf<number>();
      expectTypeOf(plugin.invokeFunc("later", "x")).toEqualTypeOf<Promise<string>>();
      expectTypeOf(plugin.invokeFunc("later", "x", 2)).toEqualTypeOf<Promise<string>>();
      // @ts-expect-error a number is asked for
      plugin.invokeFunc("hum", "x");
      // @ts-expect-error the parameter is missing
      plugin.invokeFunc("hum");
      // @ts-expect-error there is no such function
      plugin.invokeFunc("humm", 3);
    });
  });

  test("a plugin's own invokeFunc is typed by its parameters", () => {
    void ((plugin: Plugin<typeof open>): void => {
      expectTypeOf(plugin.invokeFunc("start", new Date())).toEqualTypeOf<string>();
      // @ts-expect-error not one of its names
      plugin.invokeFunc("restart", new Date());
      // @ts-expect-error a date is asked for
      plugin.invokeFunc("start", 5);
    });
  });

  test("a plugin without functions takes no name", () => {
    void ((plugin: Plugin<typeof empty>): void => {
      // @ts-expect-error there are no functions
      plugin.invokeFunc("hum");
    });
  });

  test("findPlugin types by the definition that is given, and is open without one", () => {
    void ((): void => {
      expectTypeOf(manager.findPlugin<typeof alpha>("alpha")).toEqualTypeOf<Plugin<typeof alpha> | undefined>();
      const untyped = manager.findPlugin("anything");
      expectTypeOf(untyped?.invokeFunc("any", 1, "two")).toEqualTypeOf<unknown>();
      expectTypeOf(untyped?.lookup<string>("buildMark")).toEqualTypeOf<string | undefined>();
    });
  });

  test("what import() declares is what code sees", () => {
    const deps = {
      alpha: dependency<AlphaExport>("one"),
      audit: dependency.optional<{ record(line: string): void }>({ record: "function" }),
    };
    expectTypeOf(deps.alpha).toEqualTypeOf<AlphaExport>();
    expectTypeOf(deps.audit).toEqualTypeOf<{ record(line: string): void } | undefined>();
    // @ts-expect-error the export has no such member
    dependency<AlphaExport>("three");
    // @ts-expect-error the member is a function
    dependency<AlphaExport>({ one: "string" });
    expectTypeOf<ExportOf<typeof alpha>>().toEqualTypeOf<AlphaExport>();
  });

  test("definitions: functions or invokeFunc, known hooks of the right type", () => {
    // @ts-expect-error both are given
    definePlugin({ functions: {}, invokeFunc: () => {} });
    // @ts-expect-error reloadable answers a boolean
    definePlugin({ reloadable: () => "no" });
    // @ts-expect-error reloadable may not be async
    definePlugin({ reloadable: async () => true });
    // @ts-expect-error there is no such hook
    definePlugin({ onLoaded() {} });
    definePlugin({
      onLoad: async (data: { port: number }) => void data.port,
      onInit: async (vault: Vault<{ users: number }>) => void vault.extension.users,
    });
  });

  test("the extension is typed by the swapper's type parameter", () => {
    void ((): void => {
      expectTypeOf(swapper.current?.vault.extension).toEqualTypeOf<{ users: number } | undefined>();
    });
  });
});
