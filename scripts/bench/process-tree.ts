import { readFileSync, readdirSync } from 'node:fs'

/** Ticks of CPU time in /proc/PID/stat are 10 ms (USER_HZ, fixed in the kernel's interface). */
const TICK_MS = 10

/** A process, as /proc/PID/stat tells of it (proc(5)). */
export type ProcessStat = {
  readonly pid: number
  readonly parent: number
  /** CPU time of all its threads, and of its children that have ended, in milliseconds. */
  readonly cpuMs: number
  /** When it was started, in ticks: with the number it is one process for ever. */
  readonly startedAt: string
}

/** The fields that follow the name of the program, which is in parentheses and may hold anything. */
const fieldsOf = (text: string): string[] => text.slice(text.lastIndexOf(')') + 2).split(' ')

/**
 * CPU time of the children that have ended (cutime and cstime of proc(5)), in milliseconds.
 *
 * @param text what /proc/PID/stat holds
 */
export const childrenMs = (text: string): number => {
  const fields = fieldsOf(text)
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}

/** @param text what /proc/PID/stat holds */
export const parseStat = (text: string): ProcessStat => {
  const fields = fieldsOf(text)
  const cpuTicks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    cpuMs: cpuTicks * TICK_MS,
    startedAt: fields[19] ?? '',
  }
}

/** What a file of /proc holds; undefined where the process has gone. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

const allProcesses = (): ProcessStat[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const text = read(`/proc/${name}/stat`)
      return text === undefined ? [] : [parseStat(text)]
    })

/** Of these processes, those with the given numbers and all that descend from them. */
export const withDescendants = (
  processes: readonly ProcessStat[],
  roots: readonly number[],
): ProcessStat[] => {
  const children = new Map<number, ProcessStat[]>()
  for (const one of processes) {
    const siblings = children.get(one.parent)
    if (siblings) siblings.push(one)
    else children.set(one.parent, [one])
  }
  const found = processes.filter(({ pid }) => roots.includes(pid))
  // What is found grows while it is gone through.
  for (const { pid } of found) found.push(...(children.get(pid) ?? []))
  return found
}

/** The processes of these numbers and their descendants, now. */
export const processTree = (roots: readonly number[]): ProcessStat[] =>
  withDescendants(allProcesses(), roots)

/** CPU time of a program, all its processes, in milliseconds. */
export const cpuMsOf = (roots: readonly number[]): number =>
  processTree(roots).reduce((sum, { cpuMs }) => sum + cpuMs, 0)

/** CPU time of all children of this process that have ended, in milliseconds. */
export const childrenCpuMs = (): number => childrenMs(read('/proc/self/stat') ?? '')

/** Memory of a program, all its processes: each page shared out among those that have it (PSS), in kB. */
export const pssOf = (roots: readonly number[]): number =>
  processTree(roots).reduce((sum, { pid }) => {
    const [, kilobytes = 0] =
      /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '') ?? []
    return sum + Number(kilobytes)
  }, 0)

/** Ends by SIGKILL what is left of processes that were seen earlier. */
export const killLeft = (seen: readonly ProcessStat[]): void => {
  for (const { pid, startedAt } of seen) {
    const text = read(`/proc/${pid}/stat`)
    if (text === undefined || parseStat(text).startedAt !== startedAt) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has gone meanwhile.
    }
  }
}
