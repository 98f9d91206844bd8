/** Codes that say nothing of the other end, only that this process or host is out of something. */
export const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/**
 * Hears that the system refused something for want of descriptors or memory.
 *
 * @param what was to be done, for people: `accept a connection`
 * @param code one of `EXHAUSTED`
 */
export type OnExhausted = (what: string, code: string) => void
