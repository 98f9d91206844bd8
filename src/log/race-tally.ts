import { raceReport } from '../eyeballs/race/report.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import { printable } from './show-race.ts'

/** Counts the races of one command, for a line at its end. */
export type RaceTally = {
  readonly add: (trace: RaceTrace) => void
  /** One line without its line break. */
  readonly line: () => string
}

export const createRaceTally = (): RaceTally => {
  const won = { 4: 0, 6: 0 }
  let failed = 0
  let hidden = 0
  let slowest: { readonly ms: number; readonly target: string } | undefined

  return {
    add: trace => {
      const { outcome, winner, hidden: isHidden, durationMs, target } = raceReport(trace)
      if (outcome !== 'won' || !winner) return void failed++
      won[winner.family]++
      if (isHidden) hidden++
      if (!slowest || durationMs > slowest.ms) slowest = { ms: durationMs, target }
    },
    line: () => {
      const total = won[4] + won[6] + failed
      const parts = [
        `${total} ${total === 1 ? 'race' : 'races'}`,
        `${won[6]} won by IPv6`,
        `${won[4]} by IPv4`,
        `${failed} failed`,
        `${hidden} hidden ${hidden === 1 ? 'failure' : 'failures'}`,
      ]
      const slow = slowest
        ? `; slowest: ${printable(slowest.target)} after ${Math.round(slowest.ms)} ms`
        : ''
      return `${parts.join(', ')}${slow}`
    },
  }
}
