import type { Mutable } from '../core/mutable.ts'
import type { Candidate } from './race/types.ts'

/**
 * A copy that may be changed. Field by field: V8 of Node 20 gives what is made by a spread and then
 * added to a shape of its own each time, and all who read it are slow from then on.
 */
export const copyCandidate = (candidate: Candidate): Mutable<Candidate> => {
  const { address, family, port, embedded, source, rttMs, attemptDelayMs, demoted } = candidate
  const { sourceDeprecated, sourcePrefixLength } = candidate
  const copy: Mutable<Candidate> = { address, family, port }
  if (embedded !== undefined) copy.embedded = embedded
  if (source !== undefined) copy.source = source
  if (sourceDeprecated !== undefined) copy.sourceDeprecated = sourceDeprecated
  if (sourcePrefixLength !== undefined) copy.sourcePrefixLength = sourcePrefixLength
  if (rttMs !== undefined) copy.rttMs = rttMs
  if (attemptDelayMs !== undefined) copy.attemptDelayMs = attemptDelayMs
  if (demoted !== undefined) copy.demoted = demoted
  return copy
}
