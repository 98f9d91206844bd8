import type { JSX } from 'preact'
import type { RaceFilter } from '../race-filter.ts'
import { isFilterEmpty, NO_FILTER } from '../race-filter.ts'
import { OUTCOME_LABELS, OUTCOMES } from '../race-outcome.ts'

type RaceFiltersProps = {
  readonly filter: RaceFilter
  readonly onFilter: (filter: RaceFilter) => void
}

/** Which races the list shows. */
export const RaceFilters = ({ filter, onFilter }: RaceFiltersProps): JSX.Element => (
  <search class="filters" aria-label="Races">
    <label>
      Name or address
      <input
        type="search"
        value={filter.name}
        onInput={({ currentTarget: { value } }) => onFilter({ ...filter, name: value })}
      />
    </label>
    <label>
      Client or user
      <input
        type="search"
        value={filter.client}
        onInput={({ currentTarget: { value } }) => onFilter({ ...filter, client: value })}
      />
    </label>
    <label>
      Outcome
      <select
        value={filter.outcome}
        onChange={({ currentTarget: { value } }) =>
          onFilter({ ...filter, outcome: value as RaceFilter['outcome'] })
        }
      >
        <option value="all">All</option>
        {OUTCOMES.map(outcome => (
          <option key={outcome} value={outcome}>
            {OUTCOME_LABELS[outcome]}
          </option>
        ))}
      </select>
    </label>
    <button type="button" disabled={isFilterEmpty(filter)} onClick={() => onFilter(NO_FILTER)}>
      Clear
    </button>
  </search>
)
