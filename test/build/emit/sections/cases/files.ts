import { apart, type Cases } from "./case.ts";

/** How files may be called, and where they may lie. */
export const fileCases: Cases = {
  "names with blanks, signs and characters beyond ASCII": apart(
    {
      "index.ts": `import { a } from "./with blank"; import { b } from "./größe/名前"; import { c } from "./a+b,c@d"; import { d } from "./[id]/(group)"; import { e } from "./quote'd"; export const result = async () => [a, b, c, d, e, (await import("./größe/名前")).b, (await import("./with blank")).a];`,
      "with blank.ts": `export const a = 1;`,
      "größe/名前.ts": `export const b = 2;`,
      "a+b,c@d.ts": `export const c = 3;`,
      "[id]/(group).ts": `export const d = 4;`,
      "quote'd.ts": `export const e = 5;`,
    },
    [1, 2, 3, 4, 5, 2, 1],
  ),
  "names that every object has": apart(
    {
      "index.ts": `import { a } from "./__proto__"; import { b } from "./constructor"; export const result = async () => [a, b, (await import("./__proto__")).a];`,
      "__proto__.ts": `export const a = 1;`,
      "constructor.ts": `export const b = 2;`,
    },
    [1, 2, 1],
  ),
  "two files that differ only in their endings": apart(
    {
      "index.ts": `import { ts } from "./a.ts"; import { js } from "./a.js"; import { mjs } from "./a.mjs"; export const result = () => [ts, js, mjs];`,
      "a.ts": `export const ts = 1;`,
      "a.js": `export const js = 2;`,
      "a.mjs": `export const mjs = 3;`,
    },
    [1, 2, 3],
  ),
  "a .js that is the .ts": apart(
    { "index.ts": `import { a } from "./lib.js"; export const result = () => a;`, "lib.ts": `export const a = 1;` },
    1,
  ),
  "every ending of code": apart(
    {
      "index.ts": `import { a } from "./a.tsx"; import { b } from "./b.mts"; import { c } from "./c.js"; import { d } from "./d.mjs"; import { e } from "./e.jsx"; import { g } from "./folder"; export const result = () => [a, b, c, d, e, g];`,
      "a.tsx": `export const a = 1;`,
      "b.mts": `export const b = 2;`,
      "c.js": `export const c = 3;`,
      "d.mjs": `export const d = 4;`,
      "e.jsx": `export const e = 5;`,
      "folder/index.ts": `export const g = 6;`,
    },
    [1, 2, 3, 4, 5, 6],
  ),
  "several folders deep, with .. between them": apart(
    {
      "index.ts": `import { a } from "./x/y/z/a"; export const result = () => a;`,
      "x/y/z/a.ts": `import { b } from "../../b"; export const a = b + 1;`,
      "x/b.ts": `import { c } from "../c"; export const b = c + 1;`,
      "c.ts": `export const c = 1;`,
    },
    3,
  ),
  "files that are left out of the search for live things": apart(
    {
      "index.ts": `import { a } from "./__tests__/fixture"; import { b } from "./b.test"; import { c } from "./.hidden"; export const result = () => [a, b, c];`,
      "__tests__/fixture.ts": `export const a = 1;`,
      "b.test.ts": `export const b = 2;`,
      ".hidden.ts": `export const c = 3;`,
    },
    [1, 2, 3],
  ),
  "line ends of Windows, and a byte order mark": apart(
    {
      "index.ts": `\uFEFFimport { a } from "./lib";\r\nexport const result = () => a;\r\n`,
      "lib.ts": `\uFEFF// first\r\nexport const a = \`x\r\ny\`;\r\n`,
    },
    "x\ny",
  ),
  "a first line for the shell": apart(
    {
      "index.ts": `#!/usr/bin/env bun\nimport { a } from "./lib"; export const result = () => a;`,
      "lib.ts": `#!/usr/bin/env bun\nexport const a = 1;`,
    },
    1,
  ),
  "comments that stay": apart(
    {
      "index.ts": `/*! licence <!-- --> */\nimport { a } from "./lib"; export const result = () => a;`,
      "lib.ts": `/** @license */ export const a = 1; // @preserve\n/*! end */`,
    },
    1,
  ),
};
