/**
 * Error codes that mean that this process or host has run out of descriptors or memory; they say nothing
 * about the remote end.
 */
export const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/**
 * Called when the system refused an operation for lack of descriptors or memory.
 *
 * @param what the operation, for people: `accept a connection`
 * @param code one of `EXHAUSTED`
 */
export type OnExhausted = (what: string, code: string) => void
