import type { Config } from '../../config/types.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { Daemon } from '../types.ts'
import { configShare } from './config-share.ts'
import type { Holds } from './holds.ts'
import { joinNotices } from './join-notices.ts'
import type { Member } from './member.ts'
import { createMember } from './member.ts'
import { createRealPorts } from './real-ports.ts'
import { createRestartPace } from './restart-pace.ts'
import { sumCounters } from './sum-counters.ts'
import { toldFailure } from './told-error.ts'
import type { Counters, Prepared, ToldError } from './types.ts'
import type { StartWorkerProcess } from './worker-process.ts'

export type PoolParts = {
  /** Number of processes, 1 or more. */
  readonly processes: number
  readonly start: StartWorkerProcess
  readonly holds: Holds
  /** Whether workers listen on TCP ports by SO_REUSEPORT. */
  readonly reusePort: boolean
  readonly clock: Clock
  readonly onEvent: (event: DaemonEvent) => void
  /** A line of a worker's log, with its line break. */
  readonly onLine: (line: string) => void
}

/** Several processes that act as one daemon. */
export type Pool = Daemon & {
  /** Sums the counters of all live workers. */
  readonly count: () => Promise<Counters>
}

/** How often a start is repeated after a terminal's SIGHUP ended workers. */
const HANG_UPS_MAX = 3

/**
 * The error to report when workers failed differently: a worker that reports EADDRINUSE may only be blocked
 * by another worker that kept its address.
 */
const mostTelling = (prepared: readonly Prepared[]): ToldError | undefined => {
  const errors = prepared.flatMap(({ error }) => error ?? [])
  return errors.find(({ code }) => code !== 'EADDRINUSE') ?? errors[0]
}

/**
 * Makes one daemon of several processes: each worker gets every command, and the pool logs one joined event
 * for the events of all. All workers prepare a configuration; it takes effect only if all of them can take
 * it, else all return to the previous one. A lost worker is replaced, with exponential backoff.
 */
export const createPool = (parts: PoolParts): Pool => {
  const { processes, holds, clock, onEvent, onLine } = parts
  const ports = createRealPorts(address => holds.resolve(address, parts.reusePort))
  const paces = Array.from({ length: processes }, createRestartPace)
  const members: (Member | undefined)[] = Array.from({ length: processes }, () => undefined)
  const restarts = new Set<() => void>()
  /** The workers that have taken a configuration. */
  const serving = new Set<Member>()
  /** Why the pool ended a worker that had started. */
  const failures = new Map<Member, string>()
  /** The configuration that all workers have taken, with the real ports. */
  let current: Config | undefined
  let started = 0
  let phase: 'starting' | 'serving' | 'ending' = 'starting'
  let lastEnd = ''
  let lost = 0
  let counted = sumCounters([])
  /** Configuration changes run one after the other. */
  let changes: Promise<unknown> = Promise.resolve()
  /** Workers that are being replaced. They take no part in a configuration change, so the two never overlap. */
  const replacements = new Set<Promise<void>>()

  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const result = changes.then(() => Promise.allSettled(replacements)).then(run)
    changes = result.catch(() => {})
    return result
  }

  const replaceSoon = async (index: number): Promise<void> => {
    await changes
    const replacement = replace(index)
    replacements.add(replacement)
    await replacement
    replacements.delete(replacement)
  }

  const living = (): Member[] => members.filter(member => member?.ended() === null) as Member[]

  const start = (index: number): Member => {
    const process = parts.start()
    const member = createMember({ number: ++started, process, holds, clock, onLine })
    members[index] = member
    void watch(index, member)
    return member
  }

  const watch = async (index: number, member: Member): Promise<void> => {
    const began = clock.now()
    const how = await member.gone
    serving.delete(member)
    lastEnd = how
    // During the start, `start` handles workers that end before all serve.
    if (phase === 'starting' || members[index] !== member) return
    members[index] = undefined
    if (phase === 'serving') lose(index, member, how, clock.now() - began)
  }

  const beginServing = (): void => {
    phase = 'serving'
    for (const [index, member] of members.entries()) {
      const how = member?.ended() ?? null
      if (!member || how === null) continue
      members[index] = undefined
      lose(index, member, how, 0)
    }
  }

  const lose = (index: number, member: Member, how: string, livedMs: number): void => {
    const restartMs = paces[index]?.next(livedMs) ?? 0
    onEvent({
      type: 'process-lost',
      process: member.pid,
      reason: failures.get(member) ?? how,
      connections: member.load(),
      restartMs,
    })
    failures.delete(member)
    const cancel = clock.after(restartMs, () => {
      restarts.delete(cancel)
      void replaceSoon(index)
    })
    restarts.add(cancel)
  }

  const replace = async (index: number): Promise<void> => {
    if (!current || phase === 'ending') return
    const member = start(index)
    // `lenient`: an address that the other workers have lost must not keep this one from serving the rest.
    const prepared = await member.prepare(configShare(current, { index, processes }), lost > 0)
    const error = prepared?.error ?? null
    if (error) failures.set(member, error.message)
    const applied = await member.decide(error === null)
    if (applied?.error) {
      failures.set(member, applied.error.message)
      member.kill()
    } else if (applied) {
      serving.add(member)
      onEvent({ type: 'process-started', process: member.pid })
    }
  }

  /** The answers of all live workers. */
  const askAll = async <T>(ask: (member: Member, index: number) => Promise<T | null>) => {
    const answers = members.flatMap((member, index) => (member ? [ask(member, index)] : []))
    return (await Promise.all(answers)).filter(answer => answer !== null)
  }

  const prepareAll = async (config: Config, lenient: boolean): Promise<Prepared[]> => {
    const prepare = (member: Member, index: number) =>
      member.prepare(configShare(config, { index, processes }), lenient)
    const answers = await askAll(prepare)
    if (phase !== 'starting') return answers
    // A closing terminal sends SIGHUP to all processes, and a worker that has just started does not catch it
    // yet.
    for (let tries = 0; tries < HANG_UPS_MAX; tries++) {
      const hungUp = [...members.keys()].filter(index => members[index]?.ended() === 'SIGHUP')
      const again = await Promise.all(hungUp.map(index => prepare(start(index), index)))
      answers.push(...again.filter(answer => answer !== null))
    }
    return answers
  }

  const change = async (config: Config, lenient: boolean): Promise<void> => {
    const real = await ports.resolve(config)
    if (phase === 'starting') for (const index of members.keys()) start(index)
    const asked = living().length
    const prepared = await prepareAll(real, lenient)
    const error = mostTelling(prepared)
    if (phase === 'starting') {
      if (error) throw toldFailure(error)
      if (living().length < processes)
        throw fail('ERR_BUG', `a process has ended before it could serve: ${lastEnd}`)
    }
    if (asked > 0 && prepared.length === 0)
      throw fail('ERR_BUG', `no process has lived to take it: ${lastEnd}`)
    const answers = await askAll(member => member.decide(!error))
    if (answers.length > 0) lost = Math.max(...answers.map(answer => answer.lost))
    if (!error) {
      current = real
      ports.keep()
      for (const member of living()) serving.add(member)
      if (phase === 'starting') beginServing()
    }
    holds.prune()
    for (const event of joinNotices(answers.map(({ notices }) => notices))) onEvent(event)
    if (error) throw toldFailure(error)
  }

  const count = async (): Promise<Counters> => {
    const all = await Promise.all(living().map(member => member.count()))
    return sumCounters(all.filter(counters => counters !== null))
  }

  return {
    apply: (config, { lenient = false } = {}) => inTurn(() => change(config, lenient)),
    lost: () => lost,
    processes: () => living().filter(member => serving.has(member)).length,
    count,
    stopAccepting: async () => {
      phase = 'ending'
      for (const cancel of restarts) cancel()
      holds.leave()
      await Promise.all(living().map(member => member.drain()))
      counted = await count()
    },
    idle: async () => void (await Promise.all(living().map(member => member.gone))),
    endConnections: () => {
      for (const member of living()) member.end()
    },
    connections: () => counted.connections,
    close: () => {
      phase = 'ending'
      for (const member of living()) member.kill()
      holds.close()
    },
  }
}
