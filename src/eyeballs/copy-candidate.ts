import type { Mutable } from '../core/mutable.ts'
import type { Candidate } from './race/types.ts'

/**
 * A mutable copy of a candidate. It copies field by field: V8 in Node 20 gives each object that was spread
 * and then extended its own hidden class, which slows all code that reads it.
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
