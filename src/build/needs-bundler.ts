/**
 * Thrown within an incremental build for what only the bundler can do, or can say what is wrong with: the plugin is then
 * bundled as a whole.
 */
export class NeedsBundler extends Error {}
