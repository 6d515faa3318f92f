/** What to do when the operating system refuses something, by the code of its error. */
const cures: Readonly<Record<string, string>> = {
  EACCES: "give the process the right to it, or name another place",
  EPERM: "give the process the right to it, or name another place",
  EROFS: "the file system is read-only: name a place that can be written to",
  ENOSPC: "the disk is full: make room",
  EDQUOT: "the quota is used up: make room",
  ENAMETOOLONG: "a name or path may not be that long: choose a shorter one",
  ELOOP: "links lead back to themselves: remove one of them",
  ENOTDIR: "something on the way is a file where a folder must be: name another place",
  EISDIR: "a folder is where a file must be: remove it, or name another place",
  ENOTEMPTY: "a folder is where a file must be: remove it, or name another place",
  EEXIST: "something is there already: remove it, or name another place",
  ENOENT: "it is not there: was it removed meanwhile?",
  EMFILE: "the process has too many files open: raise its limit (ulimit -n)",
  ENFILE: "the system has too many files open",
};

/** What an error of the operating system says, with the path and what to do; `undefined` for any other error. */
export function systemFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // What Node.js says of a path with a NUL in it, before the system is asked.
  if (error.code === "ERR_INVALID_ARG_VALUE") return error.message;
  const cure = cures[error.code];
  if (cure === undefined) return "syscall" in error ? error.message : undefined;
  return `${error.message}: ${cure}`;
}
