import type { DaemonEvent } from '../../log/types.ts'

/**
 * What one daemon would say, of what each of several processes has said: the words of the first, with
 * the connections of all.
 */
export const joinNotices = (all: readonly (readonly DaemonEvent[])[]): DaemonEvent[] =>
  (all[0] ?? []).map(event => {
    if (event.type !== 'listening') return event
    const connections = all
      .flat()
      .reduce(
        (sum, each) =>
          each.type === 'listening' && each.address === event.address
            ? sum + each.connections
            : sum,
        0,
      )
    return { ...event, connections }
  })
