import type { StatusAnswer } from '../../admin/api.ts'
import { formatBytes, formatCount, formatShare, formatSpan } from '../../dashboard/format.ts'
import type { Colour } from '../../log/show-race.ts'
import type { Line, Part } from './lines.ts'
import type { TopState } from './top-state.ts'
import type { View } from './view.ts'

const rate = (value: number | undefined): string => {
  if (value === undefined) return '-'
  return value < 10 ? `${Math.round(value * 10) / 10}/s` : `${formatCount(Math.round(value))}/s`
}

const STATE_COLOURS: Readonly<Record<StatusAnswer['state'], Colour>> = {
  starting: 'yellow',
  serving: 'green',
  draining: 'yellow',
}

const BAR_COLUMNS = 20

const familyBar = ({ races: { won } }: StatusAnswer): Line => {
  const total = won[4] + won[6]
  const six = total === 0 ? 0 : Math.round((won[6] / total) * BAR_COLUMNS)
  return [
    [`won by IPv6 ${formatCount(won[6])} (${formatShare(won[6], total)}) `],
    [total === 0 ? '' : '6'.repeat(six), 'green'],
    [total === 0 ? '' : '4'.repeat(BAR_COLUMNS - six), 'cyan'],
    [` IPv4 ${formatCount(won[4])} (${formatShare(won[4], total)})`],
  ]
}

/** The lines about the whole daemon. */
export const headLines = (
  { where, status, rates, failure }: TopState,
  { isPaused }: View,
): readonly Line[] => {
  if (!status) return [[[`eyeballd at ${where}  `], [failure ?? 'asking', 'yellow']]]
  const { version, state, processes, engine, connections, races, bytes, dnsWaiting, logDropped } =
    status
  const isFull = connections.active >= connections.limit
  const some = (count: number, text: string): readonly Part[] =>
    count > 0 ? [[`  ${text} ${formatCount(count)}`, 'yellow']] : []
  const reload = status.lastReload?.error ?? null
  return [
    [
      [`eyeballd ${version} at ${where}  `, 'bold'],
      [state, STATE_COLOURS[state]],
      [`  up ${formatSpan(status.now - status.startedAt)}  ${engine}`],
      [processes === 1 ? '' : `, ${processes} processes`],
      ...(isPaused ? ([['  PAUSED', 'yellow']] as const) : []),
    ],
    [
      ['connections '],
      [formatCount(connections.active), isFull ? 'red' : 'bold'],
      [
        ` of ${formatCount(connections.limit)}  accepted ${formatCount(connections.accepted)} (${rate(rates?.accepted)})`,
      ],
      [`  rejected ${formatCount(connections.rejected)} (${rate(rates?.rejected)})`],
    ],
    [
      [`races ${rate(rates?.races)}  failed `],
      [formatCount(races.failed), races.failed > 0 ? 'red' : undefined] as Part,
      [` (${rate(rates?.failed)})  hidden `],
      [formatCount(races.hidden), races.hidden > 0 ? 'yellow' : undefined] as Part,
      [` (${rate(rates?.hidden)})  aborted ${formatCount(races.aborted)}`],
    ],
    [
      [`up ${formatBytes(bytes.up)} (${rates ? `${formatBytes(rates.up)}/s` : '-'})`],
      [`  down ${formatBytes(bytes.down)} (${rates ? `${formatBytes(rates.down)}/s` : '-'})`],
      ...some(dnsWaiting, 'lookups wait'),
      ...some(logDropped, 'log lines lost'),
    ],
    familyBar(status),
    ...(reload === null ? [] : [[[`last reload failed: ${reload}`, 'red']] as const]),
    ...(failure === null ? [] : [[[`${failure}; trying again`, 'red']] as const]),
  ]
}
