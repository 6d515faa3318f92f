import { describe, expect, test } from "bun:test";
import { parseArgs } from "citty";
import { commonFlags } from "../../cli/frame/command.ts";
import { commands } from "../../cli/commands.ts";
import { parseWords } from "../../cli/frame/parse-words.ts";

describe("9 a command line without flags", () => {
  for (const [name, { load }] of Object.entries(commands)) {
    test(`${name}: every flag has the value that the parser would give it`, async () => {
      const command = await load();
      const flags = { ...command.flags, ...commonFlags };
      for (const words of [[], ["plugin/alpha", "-", "", "bin"]]) {
        const { _: operands, ...values } = await parseWords(words, flags);
        const { _: expectedOperands, ...expected } = parseArgs(words, flags);
        expect(operands).toEqual(expectedOperands);
        // Beside its own name, the parser may list a value under other spellings, which no command reads.
        for (const flag of Object.keys(flags)) expect(values[flag]).toEqual(expected[flag]);
        expect(Object.keys(expected)).toEqual(expect.arrayContaining(Object.keys(values)));
      }
    });
  }

  test("a flag is parsed with the defaults of the others", async () => {
    const flags = {
      bundle: { type: "boolean", default: true },
      livePrefix: { type: "string", default: "live_" },
    } as const;
    expect(await parseWords(["a", "--live-prefix", "hot_", "b"], flags)).toMatchObject({
      _: ["a", "b"],
      bundle: true,
      livePrefix: "hot_",
    });
  });
});
