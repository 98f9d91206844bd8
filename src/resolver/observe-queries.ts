import type { Clock } from '../core/clock.ts'
import type { RecordType } from '../core/ip.ts'
import type { Source } from './types.ts'

/** What a resolver reports to be counted. */
export type ResolverObserver = {
  /**
   * A query has ended that was sent to DNS servers or to the C library.
   *
   * @param code why there is no address; null if there is one; ECANCELLED if nobody waits for it any more
   */
  readonly onQuery: (record: RecordType, code: string | null, durationMs: number) => void
  /** The cache was asked for one type of a name. */
  readonly onCache: (result: 'hit' | 'stale' | 'miss') => void
}

/** Reports the queries of a source. */
export const observeQueries =
  (
    query: Source,
    { now }: Pick<Clock, 'now'>,
    { onQuery }: Pick<ResolverObserver, 'onQuery'>,
  ): Source =>
  (name, record, settle, control) => {
    const begin = now()
    const cancel = query(
      name,
      record,
      answer => {
        onQuery(record, answer.ok ? null : answer.code, now() - begin)
        settle(answer)
      },
      control,
    )
    return () => {
      onQuery(record, 'ECANCELLED', now() - begin)
      cancel()
    }
  }
