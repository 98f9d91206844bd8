import type { HistoryAnswer } from '../../admin/api.ts'
import { formatCount, formatNoun, formatSpan } from '../../dashboard/format.ts'
import { createPaint, printable } from '../../log/show-race.ts'
import { adviceFor, adviceForAll, demotedUntil } from './advice.ts'
import type { FailureGroups, Group } from './failure-groups.ts'
import { prefixOf } from './failure-groups.ts'

/** What a report is made of. */
export type Report = {
  /** Where the races come from, for people: an address, or a file. */
  readonly source: string
  readonly now: number
  readonly result: ReturnType<FailureGroups['result']>
  readonly history: HistoryAnswer
}

/** Groups of each list that are shown. */
const SHOWN_MAX = 10
const HOURS_MAX = 24
const PARTS_MAX = 3
const BAR_MAX = 30

const atMinute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

const parts = (counts: Group['reasons']): string => {
  const shown = counts.slice(0, PARTS_MAX).map(([text, count]) => `${text} (${formatCount(count)})`)
  const more = counts.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

const countsOf = ({ hidden, failed }: Pick<Group, 'hidden' | 'failed'>): string =>
  [
    ...(hidden > 0 ? [`${formatCount(hidden)} hidden`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
  ].join(', ')

/** The report for people. Times are UTC, as those of the log. */
export const reportText = ({ source, now, result, history }: Report, color: boolean): string => {
  const paint = createPaint(color)
  const { races, hidden, failed, from, to, prefixes, names, hours, uncounted } = result

  const groupLines = (
    group: Group,
    otherTitle: string,
    advice: string | null,
  ): readonly string[] => {
    const { key, firstAt, lastAt, reasons, winners, others } = group
    const until = demotedUntil(key, history, prefixOf)
    const lines = [
      `  ${paint('bold', printable(key))}  ${paint(group.failed > 0 ? 'red' : 'yellow', countsOf(group))}, since ${atMinute(firstAt)}, last ${formatSpan(now - lastAt)} ago`,
      `      why: ${printable(parts(reasons))}`,
      ...(winners.length > 0 ? [`      won instead: ${printable(parts(winners))}`] : []),
      ...(others.length > 0 ? [`      ${otherTitle}: ${printable(parts(others))}`] : []),
      ...(until !== null && until > now
        ? [`      tried last for ${formatSpan(until - now)} more, as history has it`]
        : []),
      ...(advice === null ? [] : [`      -> ${printable(advice)}`]),
    ]
    return lines
  }

  const list = (
    title: string,
    groups: readonly Group[],
    toLines: (group: Group) => readonly string[],
  ) =>
    groups.length === 0
      ? []
      : [
          '',
          title,
          ...groups.slice(0, SHOWN_MAX).flatMap(toLines),
          ...(groups.length > SHOWN_MAX
            ? [`  and ${formatCount(groups.length - SHOWN_MAX)} more`]
            : []),
        ]

  const span = from === null || to === null ? '' : `, ${atMinute(from)} to ${atMinute(to)} UTC`
  const all = adviceForAll(result)
  const shownHours = hours.slice(-HOURS_MAX)
  const most = Math.max(1, ...shownHours.map(hour => hour.hidden + hour.failed))
  const bar = (count: number): string => '#'.repeat(Math.ceil((count / most) * BAR_MAX))
  return [
    `${printable(source)}: ${formatNoun(races, 'race')}${span}`,
    `${formatNoun(hidden, 'hidden failure')}, ${formatNoun(failed, 'failed race')}`,
    ...(all === null ? [] : [`-> ${all}`]),
    ...list('By network', prefixes, group => groupLines(group, 'names', adviceFor(group))),
    ...list('By name', names, group => groupLines(group, 'networks', null)),
    ...(hidden + failed === 0
      ? []
      : [
          '',
          'By hour (UTC)',
          ...shownHours.map(
            hour =>
              `  ${atMinute(hour.at)}  ${paint('yellow', bar(hour.hidden))}${paint('red', bar(hour.failed))} ${countsOf(hour) || 'none'} of ${formatCount(hour.races)}`,
          ),
        ]),
    ...(uncounted > 0
      ? ['', `${formatCount(uncounted)} more failures, of too many networks and names to list`]
      : []),
    '',
  ].join('\n')
}

const groupJson = ({ key, reasons, winners, others, ...rest }: Group, name: string) => ({
  [name]: key,
  ...rest,
  reasons: Object.fromEntries(reasons),
  winners: Object.fromEntries(winners),
  [name === 'prefix' ? 'names' : 'prefixes']: Object.fromEntries(others),
})

/** The report as one object, with all groups. */
export const reportJson = ({ source, now, result, history }: Report): string => {
  const { prefixes, names, ...rest } = result
  return JSON.stringify({
    source,
    time: now,
    ...rest,
    advice: adviceForAll(result),
    prefixes: prefixes.map(group =>
      Object.assign(groupJson(group, 'prefix'), {
        demotedUntil: demotedUntil(group.key, history, prefixOf),
        advice: adviceFor(group),
      }),
    ),
    names: names.map(group => groupJson(group, 'name')),
    demoted: history.demoted,
  })
}
