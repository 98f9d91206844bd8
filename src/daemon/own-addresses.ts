import type { ListenAddress } from '../core/listen-address.ts'

/** All addresses on which the daemon listens; they are not allowed as targets. */
export type OwnAddresses = {
  /** A new array only if the addresses have changed, because each candidate of a race is compared with it. */
  readonly all: () => readonly ListenAddress[]
  /** Sets the addresses that are not those of listeners, such as the admin endpoint's. */
  readonly setOthers: (others: readonly ListenAddress[]) => void
}

/** @param bound the addresses of the listeners: a new array after each change */
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
