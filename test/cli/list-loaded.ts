/* Loaded into the command line before its own code: says at the end which modules were loaded. */
process.once("exit", () => process.stderr.write(JSON.stringify(Object.keys(require.cache))));
