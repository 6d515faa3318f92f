/** One line of output. `reloads` is the swapper's counter. */
export function line(plugin: string, buildMark: string, reloads: number, text: string): string {
  return `${plugin.padEnd(7)}  build ${buildMark}  reload ${reloads}  ${text}`;
}
