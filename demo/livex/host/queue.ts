import { JobQueue } from "hotswap/jobs";
import { swapper } from "./swapper.ts";

/** Jobs for the plugins, by the names of their live functions and types. It belongs to the host, so it outlives them. */
export const queue = new JobQueue(swapper);
