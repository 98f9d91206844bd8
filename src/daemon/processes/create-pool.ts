import type { Config } from '../../config/types.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { Daemon } from '../create-daemon.ts'
import { configShare } from './config-share.ts'
import type { Holds } from './holds.ts'
import { joinNotices } from './join-notices.ts'
import type { Member } from './member.ts'
import { createMember } from './member.ts'
import { createRealPorts } from './real-ports.ts'
import { createRestartPace } from './restart-pace.ts'
import { sumCounters } from './sum-counters.ts'
import { toldFailure } from './told-error.ts'
import type { Applied, Counters } from './types.ts'
import type { StartWorkerProcess } from './worker-process.ts'

export type PoolParts = {
  /** How many, 1 or more. */
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

/** Several processes that are one daemon. */
export type Pool = Omit<Daemon, 'limit'> & {
  /** What the workers that live have done and are doing, as a sum. */
  readonly count: () => Promise<Counters>
}

/**
 * Makes a daemon of several processes: all are told what a daemon is told, and what all say is said
 * once. Where one of them cannot take a configuration, all go back to the one before. A process that is
 * lost while they serve is replaced, ever later where that does not help.
 */
export const createPool = (parts: PoolParts): Pool => {
  const { processes, holds, clock, onEvent, onLine } = parts
  const ports = createRealPorts(address => holds.resolve(address, parts.reusePort))
  const paces = Array.from({ length: processes }, createRestartPace)
  const members: (Member | undefined)[] = Array.from({ length: processes }, () => undefined)
  const restarts = new Set<() => void>()
  /** Why one that was started was ended. */
  const failures = new Map<Member, string>()
  /** What all have taken, with the real ports. */
  let current: Config | undefined
  let started = 0
  let phase: 'starting' | 'serving' | 'ending' = 'starting'
  let lastEnd = ''
  let counted = sumCounters([])

  const living = (): Member[] => members.filter(member => member !== undefined)

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
    members[index] = undefined
    lastEnd = how
    if (phase === 'serving') lose(index, member, how, clock.now() - began)
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
      void replace(index)
    })
    restarts.add(cancel)
  }

  const replace = async (index: number): Promise<void> => {
    if (!current) return
    const member = start(index)
    const applied = await member.apply(configShare(current, { index, processes }))
    if (applied?.error) {
      failures.set(member, applied.error.message)
      member.kill()
    } else if (applied) onEvent({ type: 'process-started', process: member.pid })
  }

  /** The answers of those who live. */
  const tellAll = async (config: Config): Promise<Applied[]> => {
    const answers = members.flatMap((member, index) =>
      member ? [member.apply(configShare(config, { index, processes }))] : [],
    )
    return (await Promise.all(answers)).filter(answer => answer !== null)
  }

  const apply = async (config: Config): Promise<void> => {
    const real = await ports.resolve(config)
    if (phase === 'starting') for (const index of members.keys()) start(index)
    const asked = living().length
    const answers = await tellAll(real)
    const error = answers.find(answer => answer.error)?.error
    if (error) {
      if (current) await tellAll(current)
      holds.prune()
      throw toldFailure(error)
    }
    if (phase === 'starting' && living().length < processes) {
      throw fail('ERR_BUG', `a process has ended before it could serve: ${lastEnd}`)
    }
    if (asked > 0 && answers.length === 0) {
      throw fail('ERR_BUG', `no process has lived to take it: ${lastEnd}`)
    }
    phase = 'serving'
    current = real
    ports.keep()
    holds.prune()
    for (const event of joinNotices(answers.map(({ notices }) => notices))) onEvent(event)
  }

  const count = async (): Promise<Counters> => {
    const all = await Promise.all(living().map(member => member.count()))
    return sumCounters(all.filter(counters => counters !== null))
  }

  return {
    apply,
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
