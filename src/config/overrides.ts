import { isMapping } from './collections.ts'
import { FLAGS, parseForward, variableOf } from './flags.ts'
import type { KeyPath, Problem } from './problem.ts'

/** The values of flags by the flag's name without dashes. Absent means not given. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A value from a flag or a variable that replaces the file's value. */
export type Override = { readonly path: KeyPath; readonly value: unknown; readonly where: string }

export type Overrides = {
  readonly entries: readonly Override[]
  readonly problems: readonly Problem[]
}

const LISTS: ReadonlySet<string> = new Set(
  FLAGS.filter(({ flag }) => flag.type === 'list').map(({ flag }) => flag.name),
)

/** Flags that set one key each; those of listeners make whole listeners. */
const SINGLE = FLAGS.filter(({ path }) => path[0] !== 'listeners')

type Given = { readonly value: unknown; readonly where: string }

/** A flag's value, else its variable's; an empty variable counts as not set, and a list is split on commas. */
const given = (flag: string, flags: Flags, env: Environment): Given | undefined => {
  const value = flags[flag]
  if (value !== undefined) return { value, where: `--${flag}` }
  const name = variableOf(flag)
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  const items = text.split(',').map(item => item.trim())
  return { value: LISTS.has(flag) ? items.filter(item => item !== '') : text, where: name }
}

const texts = (found: Given | undefined): readonly string[] =>
  (found?.value as readonly string[] | undefined) ?? []

/** Converts a variable's word to a boolean; a flag already is one. */
const truth = ({ value, where }: Given): boolean | Problem => {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return { where, path: '', message: `found ${JSON.stringify(value)}; allowed: true, false, 1, 0` }
}

type Listener = Record<string, unknown>

const listenerOverrides = (flags: Flags, env: Environment): Overrides => {
  const entries: Override[] = []
  const problems: Problem[] = []
  const listeners: { value: Listener; where: string }[] = []
  const listen = given('listen', flags, env)
  const forward = given('forward', flags, env)
  for (const text of texts(listen)) {
    listeners.push({ value: { protocol: 'mixed', listen: text }, where: listen?.where ?? '' })
  }
  for (const text of texts(forward)) {
    const where = forward?.where ?? ''
    try {
      listeners.push({ value: { protocol: 'forward', ...parseForward(text) }, where })
    } catch (error) {
      problems.push({ where, path: '', message: (error as Error).message })
    }
  }
  const opened = listeners.length > 0 || problems.length > 0
  const clients = given('clients', flags, env)
  const open = given('open', flags, env)
  const isOpen = open ? truth(open) : false
  if (typeof isOpen === 'object') problems.push(isOpen)
  for (const limit of [clients, isOpen === true ? open : undefined]) {
    if (!limit || opened) continue
    const message = 'is for listeners that flags open; allowed: with --listen or --forward'
    problems.push({ where: limit.where, path: '', message })
  }
  if (!opened) return { entries, problems }
  const all = listeners.map(({ value }) => ({
    ...value,
    ...(clients ? { clients: clients.value } : {}),
    ...(isOpen === true ? { open: true } : {}),
  }))
  if (all.length > 0) entries.push({ path: ['listeners'], value: all, where: 'flags' })
  for (const [i, { where }] of listeners.entries()) {
    entries.push({ path: ['listeners', i], value: all[i], where })
    if (clients) {
      entries.push({
        path: ['listeners', i, 'clients'],
        value: clients.value,
        where: clients.where,
      })
    }
  }
  return { entries, problems }
}

/**
 * The values that flags and environment set in place of the file's; flags come first. Other `EYEBALLD_`
 * variables are ignored, because other software sets such names too (Kubernetes does for a service named
 * `eyeballd`).
 */
export const readOverrides = (flags: Flags, env: Environment): Overrides => {
  const { entries, problems } = listenerOverrides(flags, env)
  const single = SINGLE.flatMap(({ flag, path }): readonly Override[] => {
    const found = given(flag.name, flags, env)
    return found ? [{ path, value: found.value, where: found.where }] : []
  })
  return { entries: [...entries, ...single], problems }
}

const put = (target: unknown, [key, ...rest]: KeyPath, value: unknown): unknown => {
  if (key === undefined) return value
  if (typeof key === 'number') {
    const items = Array.isArray(target) ? (target as readonly unknown[]) : []
    return items.map((item, i) => (i === key ? put(item, rest, value) : item))
  }
  // A value that is not a mapping stays, so that the mistake in the file is reported.
  if (target !== undefined && !isMapping(target)) return target
  return { ...target, [key]: put(target?.[key], rest, value) }
}

/** Applies the overrides to the values of a file. */
export const applyOverrides = (value: unknown, { entries }: Overrides): unknown =>
  entries.reduce((whole, entry) => put(whole, entry.path, entry.value), value)

/** The flag or variable that set the value at a path; undefined if the file set it. */
export const overriddenAt = (path: KeyPath, { entries }: Overrides): string | undefined =>
  entries
    .filter(entry => entry.path.every((key, i) => path[i] === key))
    .toSorted((a, b) => b.path.length - a.path.length)[0]?.where
