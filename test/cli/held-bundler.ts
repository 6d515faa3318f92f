/* Loaded into the command line before its own code: the bundler begins, says so, and is never done. */
Bun.build = () => {
  process.stdout.write("bundling\n");
  return new Promise(() => setInterval(() => {}, 1000));
};
