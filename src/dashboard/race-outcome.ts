import type { RaceEntry } from '../admin/api.ts'
import { formatMs } from './format.ts'

/** The outcome of a race as the page shows it: a hidden failure is a won race that nobody would have noticed. */
export type ShownOutcome = 'won' | 'hidden' | 'failed' | 'aborted'

export const OUTCOMES: readonly ShownOutcome[] = ['won', 'hidden', 'failed', 'aborted']

export const OUTCOME_LABELS: Readonly<Record<ShownOutcome, string>> = {
  won: 'Won',
  hidden: 'Hidden failure',
  failed: 'Failed',
  aborted: 'Aborted',
}

export const outcomeOf = ({ outcome, hidden }: RaceEntry): ShownOutcome =>
  outcome === 'won' && hidden ? 'hidden' : outcome

/** Why a race was won by another address than the first choice, as far as its attempts show: `: 192.0.2.1 failed`, or nothing. */
const whyHidden = ({ attempts, winner }: RaceEntry): string => {
  if (attempts.length === 0) return ''
  const others = attempts.filter(({ n }) => n !== winner?.attempt)
  const failed = others.find(({ outcome }) => outcome === 'failed')
  if (failed)
    return `: ${failed.address} failed${failed.code === undefined ? '' : ` (${failed.code})`}`
  const silent = others.find(
    ({ n, outcome }) => outcome === 'cancelled' && n < (winner?.attempt ?? 0),
  )
  if (silent) {
    const waitedMs = silent.endMs === null ? null : silent.endMs - silent.startMs
    return `: ${silent.address} did not answer${waitedMs === null ? '' : ` within ${formatMs(waitedMs)}`}`
  }
  const demoted = others.find(attempt => attempt.demoted)
  if (demoted) return `: ${demoted.address} was demoted by history`
  return ': the first choice by RFC 6724 was not tried (demoted by history, or its lookup came late)'
}

/** `IPv6`; of a family that is masked, `IP`. */
export const familyName = (family: number): string => (Number.isNaN(family) ? 'IP' : `IPv${family}`)

/** The race in one sentence. */
export const describeRace = (race: RaceEntry): string => {
  const { outcome, winner, durationMs, error } = race
  const after = `after ${formatMs(durationMs)}`
  if (outcome === 'aborted') return `The client left ${after}.`
  if (outcome === 'failed') return `Failed ${after}: ${error?.message ?? 'no reason given'}`
  // A winner that is masked is none here.
  const who = winner ? `${familyName(winner.family)} address ${winner.address} won` : 'Won'
  const won = `${who} ${after}`
  return race.hidden ? `${won}. Hidden failure${whyHidden(race)}.` : `${won}.`
}
