import type { Need } from './targets.ts'

/** A time in which a fault is at work; times are milliseconds of one clock. */
export type FaultWindow = {
  readonly fault: string
  readonly from: number
  /** Infinity while it lasts. */
  to: number
  /** What is not to be had meanwhile. `all`: any connection may fail; `new`: those that begin then. */
  readonly takes: readonly (Need | 'all' | 'new')[]
  /** What is measured meanwhile says nothing of the daemon's speed. */
  readonly slows: boolean
}

export type Windows = {
  readonly all: readonly FaultWindow[]
  /** Begins a window; the result ends it, some milliseconds after the fault itself. */
  readonly open: (
    fault: string,
    options: { readonly takes?: FaultWindow['takes']; readonly slows?: boolean },
  ) => (settleMs?: number) => void
  /** Ends what a fault that failed has left open. */
  readonly endAll: () => void
  /** The fault that explains why a connection that lived then and needed that has failed. */
  readonly excuse: (from: number, to: number, needs: readonly Need[]) => string | undefined
  /** No fault was at work that changes times. */
  readonly isQuiet: (from: number, to: number) => boolean
}

const overlaps = (window: FaultWindow, from: number, to: number): boolean =>
  window.from <= to && window.to >= from

export const createWindows = (now: () => number): Windows => {
  const all: FaultWindow[] = []
  return {
    all,
    open: (fault, { takes = [], slows = true }) => {
      const window: FaultWindow = { fault, from: now(), to: Infinity, takes, slows }
      all.push(window)
      return (settleMs = 0) => {
        window.to = now() + settleMs
      }
    },
    endAll: () => {
      for (const window of all) window.to = Math.min(window.to, now())
    },
    excuse: (from, to, needs) =>
      all.find(
        window =>
          overlaps(window, from, to) &&
          window.takes.some(
            taken =>
              taken === 'all' || (taken === 'new' ? from >= window.from : needs.includes(taken)),
          ),
      )?.fault,
    isQuiet: (from, to) => !all.some(window => window.slows && overlaps(window, from, to)),
  }
}
