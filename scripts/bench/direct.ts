import type { Contender } from './types.ts'

/** No proxy at all: what the machine, the generator and the origin can do. */
export const DIRECT: Contender = {
  name: 'direct',
  kind: 'direct',
  version: '',
  setup: 'no proxy',
  speaks: ['forward'],
  start: ({ ports }) =>
    Promise.resolve({ pids: [], forward: ports, stop: () => Promise.resolve() }),
}
