import type { Family } from '../../core/ip.ts'
import type { RaceSummary } from './summary.ts'
import type { Candidate, RaceTrace } from './types.ts'

type Race = { readonly trace: RaceTrace; readonly summary: RaceSummary }

/** Candidates that were not attempted, because earlier races had moved them back; each address once. */
export const untriedDemoted = ({ trace, summary }: Race): readonly Candidate[] => {
  const seen = new Set(summary.attempts.map(({ address }) => address))
  const known = trace.entries.flatMap(entry =>
    'event' in entry && entry.event.type === 'resolved' ? entry.event.candidates : [],
  )
  const demoted: Candidate[] = []
  for (const each of [...(trace.config.addresses ?? []), ...known]) {
    if (!each.demoted || seen.has(each.address)) continue
    seen.add(each.address)
    demoted.push(each)
  }
  return demoted
}

/** What kept the first choice of a race from winning. */
export type HiddenCause = {
  /** Of the address that did not win. */
  readonly family: Family
  /**
   * The code of its failure, or: `unanswered`, another attempt won before it had an answer; `demoted`, earlier
   * races had moved it back; `slower`, it connected second.
   */
  readonly code: string
}

/**
 * Why another address won a race that is a hidden failure: what became of the first attempt that did not
 * connect, else of a demoted address.
 */
export const hiddenCause = (race: Race): HiddenCause | null => {
  const { attempts, winner } = race.summary
  const others = attempts.filter(
    ({ n, outcome, demoted }) =>
      winner && outcome !== 'denied' && (n < winner.n || (n > winner.n && demoted === true)),
  )
  const broken = others.find(({ outcome }) => outcome !== 'lost')
  if (broken) {
    const { family, code, demoted } = broken
    return { family, code: code ?? (demoted ? 'demoted' : 'unanswered') }
  }
  const [first] = untriedDemoted(race)
  if (first) return { family: first.family, code: 'demoted' }
  const [second] = others
  return second ? { family: second.family, code: 'slower' } : null
}
