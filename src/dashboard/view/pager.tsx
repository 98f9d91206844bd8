import type { JSX } from 'preact'
import { formatCount } from '../format.ts'

type PagerProps = {
  /** What is counted, in the plural. */
  readonly noun: string
  readonly matching: number
  readonly page: number
  readonly pages: number
  readonly pageSize: number
  readonly onPage: (page: number) => void
  /** The names of the ways to the first and to the last page. */
  readonly names?: readonly [string, string]
}

/** The way through a list that shows one page at a time. */
export const Pager = ({
  noun,
  matching,
  page,
  pages,
  pageSize,
  onPage,
  names: [back, on] = ['Previous', 'Next'],
}: PagerProps): JSX.Element | null => {
  // The list says why it is empty.
  if (matching === 0) return null
  const from = page * pageSize + 1
  const to = Math.min(matching, (page + 1) * pageSize)
  return (
    <nav class="pager" aria-label={`Pages of ${noun}`}>
      <span>{`${formatCount(from)}–${formatCount(to)} of ${formatCount(matching)} ${noun}`}</span>
      {pages > 1 && (
        <span class="pager-buttons">
          <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
            {back}
          </button>
          <button type="button" disabled={page + 1 >= pages} onClick={() => onPage(page + 1)}>
            {on}
          </button>
        </span>
      )}
    </nav>
  )
}
