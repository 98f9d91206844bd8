import { isMapping } from './collections.ts'
import type { Field, JsonSchema, Report } from './fields.ts'
import type { KeyPath } from './problem.ts'
import { kindOf } from './problem.ts'
import { didYouMean } from './suggest.ts'

/** The flag that sets a key. */
export type KeyFlag = {
  /** Without dashes; in capitals it is also the environment variable's name. */
  readonly name: string
  /** One letter, without its dash. */
  readonly alias?: string
  /** The placeholder of the value in the help; absent for a switch. */
  readonly value?: string
  /** In place of the key's description. */
  readonly about?: string
  /** The default as the help shows it, in place of the key's. */
  readonly default?: string
}

/** What is said of a key in the help, the example file, the JSON Schema and the documentation. */
export type KeyTexts = {
  /** The description, in one phrase without a full stop and without the range. Words to type are in backticks. */
  readonly about: string
  /** Further sentences, left out of the help. */
  readonly more?: string
  /** The value is read when the process starts; a reload does not change it. */
  readonly needsRestart?: true
  /** What applies if a key without a default is not given. */
  readonly otherwise?: string
  /** The page of `docs/` that explains it, with its anchor. */
  readonly page?: string
  /** A value for the example file, as it is written in YAML. An item of a list shows it in a comment. */
  readonly example?: string
  readonly flag?: KeyFlag
}

/** One entry of the table: a key of the configuration. */
export type Key<Value = unknown, Suffix extends string = string> = KeyTexts & {
  readonly field: Field<Value, Suffix>
  readonly presence: 'default' | 'optional' | 'required'
  /** As written in a file; absent if there is none. */
  readonly default?: unknown
}

/** The keys of one mapping, by their names in the file. */
export type Keys = Readonly<Record<string, Key>>

type ValueOf<Entry> = Entry extends { readonly field: Field<infer Value> } ? Value : never
type SuffixOf<Entry> = Entry extends { readonly field: Field<unknown, infer Suffix> }
  ? Suffix
  : never

/** A mapping as loaded: its values converted, a duration `x` as `xMs`. */
export type Loaded<Entries extends Keys> = {
  readonly [Name in keyof Entries & string as `${Name}${SuffixOf<Entries[Name]>}`]: ValueOf<
    Entries[Name]
  >
}

/** A mapping of the configuration with its keys. */
export type Section<Entries extends Keys> = {
  readonly keys: Entries
  show(value: Loaded<Entries>): Readonly<Record<string, unknown>>
} & Field<Loaded<Entries>, ''>

/** A key with a default. */
export const key = <Value, Suffix extends string>(
  field: Field<Value, Suffix>,
  texts: KeyTexts & { readonly default: unknown },
): Key<Value, Suffix> => ({ ...texts, field, presence: 'default' })

/** A key that must be given. */
export const required = <Value, Suffix extends string>(
  field: Field<Value, Suffix>,
  texts: KeyTexts,
): Key<Value, Suffix> => ({ ...texts, field, presence: 'required' })

/** A key without a default; it is null if it is not given. */
export const optional = <Value, Suffix extends string>(
  field: Field<Value, Suffix>,
  texts: KeyTexts,
): Key<Value | null, Suffix> => ({
  ...texts,
  field: { ...field, show: value => (value === null ? undefined : field.show(value)) },
  presence: 'optional',
})

const readKey = (entry: Key, written: unknown, path: KeyPath, report: Report): unknown => {
  if (written !== undefined || entry.presence === 'required') {
    return entry.field.read(written, path, report)
  }
  return entry.presence === 'optional' ? null : entry.field.read(entry.default, path, report)
}

/**
 * The description of a key as sentences: what it is with its range, its default in words, and more.
 *
 * @param hasDefault false where the default is shown otherwise
 */
export const sentencesOf = (
  { field, about, otherwise, more, needsRestart }: Key,
  hasDefault = true,
): readonly string[] => [
  field.range === undefined ? `${about}.` : `${about}; allowed: ${field.range}.`,
  ...(otherwise === undefined || !hasDefault ? [] : [`Default: ${otherwise}.`]),
  ...(more === undefined ? [] : [more]),
  ...(needsRestart ? ['Read at the start only.'] : []),
]

/** @param hasDefaults false where a key that is left out is not at its default */
const objectSchema = (keys: Keys, hasDefaults = true): JsonSchema => {
  const needed = Object.keys(keys).filter(name => keys[name]?.presence === 'required')
  const properties = Object.entries(keys).map(([name, entry]) => [
    name,
    {
      description: sentencesOf(entry).join(' ').replaceAll('`', ''),
      ...(hasDefaults && 'default' in entry ? { default: entry.default } : {}),
      ...entry.field.jsonSchema,
    },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as JsonSchema,
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: false,
  }
}

/** A mapping in which exactly these keys are allowed. */
export const section = <const Entries extends Keys>(keys: Entries): Section<Entries> => {
  const names = Object.keys(keys)
  return {
    keys,
    read: (written, path, report) => {
      if (!isMapping(written)) {
        // The message shows only the type: a text where a mapping is expected may be a password.
        const message = `found ${kindOf(written)}; allowed: a mapping with ${names.join(', ')}`
        report({ path, what: 'value', message })
        return undefined
      }
      const loaded: Record<string, unknown> = {}
      let isValid = true
      for (const [name, entry] of Object.entries(keys)) {
        const value = readKey(entry, written[name], [...path, name], report)
        if (value === undefined) isValid = false
        loaded[`${name}${entry.field.suffix}`] = value
      }
      for (const name of Object.keys(written)) {
        if (Object.hasOwn(keys, name)) continue
        isValid = false
        const message = `is not a key here${didYouMean(name, names)}; allowed: ${names.join(', ')}`
        report({ path: [...path, name], what: 'key', message })
      }
      return isValid ? (loaded as Loaded<Entries>) : undefined
    },
    show: loaded =>
      Object.fromEntries(
        Object.entries(keys).map(([name, { field }]) => [
          name,
          field.show((loaded as Record<string, unknown>)[`${name}${field.suffix}`]),
        ]),
      ),
    jsonSchema: objectSchema(keys),
    takes: 'text',
    suffix: '',
  }
}

/** The same keys, of which any may be left out: only those that are given are loaded. */
export const partial = <Entries extends Keys>({
  keys,
  ...all
}: Section<Entries>): Field<Partial<Loaded<Entries>>, ''> => {
  const entries = Object.entries<Key>(keys).map(([name, { field }]) => ({
    name,
    field,
    loadedAs: `${name}${field.suffix}`,
  }))
  return {
    ...all,
    read: (written, path, report) => {
      const loaded = all.read(written, path, report) as Record<string, unknown> | undefined
      if (!loaded || !isMapping(written)) return undefined
      const given = entries.filter(({ name }) => Object.hasOwn(written, name))
      const values = given.map(({ loadedAs }) => [loadedAs, loaded[loadedAs]])
      return Object.fromEntries(values) as Partial<Loaded<Entries>>
    },
    show: loaded => {
      const values = loaded as Record<string, unknown>
      const given = entries.filter(({ loadedAs }) => loadedAs in values)
      return Object.fromEntries(
        given.map(({ name, field, loadedAs }) => [name, field.show(values[loadedAs])]),
      )
    },
    jsonSchema: objectSchema(keys, false),
  }
}

/** The keys of a mapping, or of the mappings in a list. */
export const keysOf = (field: Field): Keys => {
  if ('keys' in field) return field.keys as Keys
  return field.item ? keysOf(field.item) : {}
}

/** The keys of a mapping whose values are valid; the others are left out, as if they had not been written. */
export type ValidPart<Entries extends Keys> = {
  readonly [Name in keyof Loaded<Entries>]?: NonNullable<Loaded<Entries>[Name]>
}

/**
 * Extracts the valid part of a mapping, so that checks of several keys run although other keys are wrong,
 * and every mistake is reported at once. Defaults are filled in.
 */
export const validPart = <Entries extends Keys>(
  { keys }: Section<Entries>,
  written: unknown,
): ValidPart<Entries> => {
  const given = isMapping(written) ? written : {}
  const valid: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries<Key>(keys)) {
    const value = readKey(entry, given[name], [], () => {})
    if (value !== undefined && value !== null) valid[`${name}${entry.field.suffix}`] = value
  }
  return valid as ValidPart<Entries>
}
