import type { ListenAddress } from '../core/listen-address.ts'

/** Where the daemon listens in all, and what is therefore no target. */
export type OwnAddresses = {
  /** Another array only where the addresses have changed: it is asked for each candidate of a race. */
  readonly all: () => readonly ListenAddress[]
  /** Addresses that are opened by somebody else in the daemon. */
  readonly setOthers: (others: readonly ListenAddress[]) => void
}

/** @param bound the addresses of the listeners: another array where they have changed */
export const createOwnAddresses = (bound: () => readonly ListenAddress[]): OwnAddresses => {
  let others: readonly ListenAddress[] = []
  let known: readonly ListenAddress[] | undefined
  let all: readonly ListenAddress[] = []
  return {
    all: () => {
      const now = bound()
      if (now !== known) {
        known = now
        all = [...now, ...others]
      }
      return all
    },
    setOthers: next => {
      others = next
      known = undefined
    },
  }
}
