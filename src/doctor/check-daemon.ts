import type { HistoryAnswer, StatusAnswer } from '../admin/api.ts'
import { formatCount, formatNoun, formatSpan } from '../dashboard/format.ts'
import { finding, ok } from './findings.ts'
import type { DaemonReport, Finding } from './types.ts'

/** Entries of history that have a finding of their own. */
const SHOWN_MAX = 5

const report = (where: string): string =>
  `See which names fail there: eyeballd report --admin ${where}`

const findState = (where: string, status: StatusAnswer): readonly Finding[] => {
  const { version, state, now, startedAt, connections, races, lastReload, logDropped } = status
  const { active, limit } = connections
  const facts = { where, version, state, connections, races, lastReload, logDropped }
  const about = `The daemon at ${where} (${version}, up ${formatSpan(now - startedAt)})`
  const count = `${formatCount(active)} of ${formatCount(limit)} connections`
  const found: Finding[] = []
  if (state !== 'serving')
    found.push(finding('daemon', 'note', `${about} is ${state}`, 'See its log', facts))
  else if (active < limit) found.push(ok('daemon', `${about} serves ${count}`, facts))
  else {
    const advice = 'Raise limits.maxConnections, or the limit on open files'
    found.push(finding('daemon', 'warning', `${about} is full: it serves ${count}`, advice, facts))
  }
  const failure = lastReload?.error ?? null
  if (failure !== null) {
    const message = `The last reload failed, so the configuration from before is in force: ${failure}`
    const advice = 'Correct the file (eyeballd check FILE), and reload again'
    found.push(finding('daemon.reload', 'warning', message, advice, { where, lastReload }))
  }
  if (races.hidden > 0) {
    const message = `The daemon counts ${formatNoun(races.hidden, 'hidden failure')} since its start: races that another address won, because the first choice failed`
    found.push(finding('daemon.hidden', 'note', message, report(where), { where, races }))
  }
  return found
}

const findHistory = (
  where: string,
  { demoted }: HistoryAnswer,
  now: number,
): readonly Finding[] => {
  const current = demoted.filter(({ until }) => until > now)
  if (current.length === 0)
    return [ok('history', 'The history of the daemon holds no address that races try later')]
  const found = current.slice(0, SHOWN_MAX).map(entry => {
    const { prefix, until, evidenceAt, unresponsive, path } = entry
    const why = unresponsive ? 'it took a connection and sent nothing' : 'it did not answer'
    const by = path === undefined ? '' : ` by ${path}`
    const message = `The daemon tries ${prefix}${by} after other addresses for ${formatSpan(until - now)} more, because ${why} ${formatSpan(now - evidenceAt)} ago`
    return finding('history', 'warning', message, report(where), entry)
  })
  const rest = current.slice(SHOWN_MAX)
  if (rest.length === 0) return found
  const more =
    rest.length === 1
      ? '1 more address or network'
      : `${formatCount(rest.length)} more addresses and networks`
  const message = `The daemon tries ${more} later`
  return [...found, finding('history', 'warning', message, report(where), { demoted: rest })]
}

/** What a running daemon says of itself, and what its history holds. */
export const checkDaemon = (daemon: DaemonReport | null): readonly Finding[] => {
  if (!daemon) return []
  const { where } = daemon
  if (!daemon.ok) {
    const message = `What the history of a daemon holds is not known: ${daemon.why}`
    const advice = 'Name the admin endpoint of a daemon that runs (--admin), if there is one'
    return [finding('daemon', 'note', message, advice, { where })]
  }
  const { status, history } = daemon
  return [...findState(where, status), ...findHistory(where, history, status.now)]
}
