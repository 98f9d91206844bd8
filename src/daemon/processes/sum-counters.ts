import type { Counters } from './types.ts'

/** The counters of several processes as one. */
export const sumCounters = (all: readonly Counters[]): Counters => {
  const sum = (value: (counters: Counters) => number): number =>
    all.reduce((total, counters) => total + value(counters), 0)
  return {
    connections: sum(({ connections }) => connections),
    accepted: sum(({ accepted }) => accepted),
    bytesUp: sum(({ bytesUp }) => bytesUp),
    bytesDown: sum(({ bytesDown }) => bytesDown),
    pipes: { stream: sum(({ pipes }) => pipes.stream), splice: sum(({ pipes }) => pipes.splice) },
  }
}
