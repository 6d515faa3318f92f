/**
 * What a load or reload did with a plugin (SPEC 3.5):
 *
 * - `ok`: loaded anew
 * - `unchanged`: its artifact has the same hash; the generation is kept
 * - `not reloadable`: the live generation refused; it is kept whatever became of its artifact
 * - `relinked`: its artifact is the same, but something it depends on was replaced, so it was instantiated again
 * - `removed`: its artifact is gone
 */
export type ReloadNote = "ok" | "unchanged" | "not reloadable" | "relinked" | "removed";
