import type { Field, JsonSchema, Report } from './fields.ts'
import type { KeyPath } from './problem.ts'
import { foundAllowed, kindOf } from './problem.ts'

/** Whether a value is a mapping, and no list, text, null, or what YAML makes of a tag such as `!!set`. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type Choices = readonly JsonSchema[]

/** A schema that allows a single item or a list. */
const oneOrList = (item: JsonSchema, least: 0 | 1): Choices => [
  item,
  { type: 'array', items: item, ...(least === 1 ? { minItems: 1 } : {}) },
]

const readItems = <Value>(
  item: Field<Value>,
  written: readonly unknown[],
  path: KeyPath,
  report: Report,
): readonly Value[] | undefined => {
  const values = written.map((each, i) => item.read(each, [...path, i], report))
  return values.includes(undefined) ? undefined : (values as readonly Value[])
}

/** A single item is read as a list, and a mistake in it has the path of the list. */
const readSingle = <Value>(
  item: Field<Value>,
  written: unknown,
  path: KeyPath,
  report: Report,
): readonly Value[] | undefined => {
  const value = item.read(written, path, report)
  return value === undefined ? undefined : [value]
}

/** A list, or a single item in its place. If it must not be empty, omit the key to mean "none". */
export const list = <Value>(
  item: Field<Value>,
  allowed: string,
  least: 0 | 1 = 1,
): Field<readonly Value[], ''> => ({
  read: (written, path, report) => {
    const isEmpty = Array.isArray(written) && written.length < least
    if (written === undefined || written === null || isEmpty) {
      const why = least === 1 ? ', at least one (or leave the key out)' : ''
      const message = foundAllowed(written, `a list of ${allowed}${why}`)
      report({ path, what: 'value', message })
      return undefined
    }
    return Array.isArray(written)
      ? readItems(item, written, path, report)
      : readSingle(item, written, path, report)
  },
  show: values => values.map(value => item.show(value)),
  item,
  jsonSchema: { anyOf: oneOrList(item.jsonSchema, least) },
  takes: 'list',
  suffix: '',
})

/** A list, or the word `system`, which stands for null: the system's setting. */
export const listOrSystem = <Value>(
  item: Field<Value>,
  allowed: string,
  least: 0 | 1,
): Field<readonly Value[] | null, ''> => {
  const items = list(item, allowed, least)
  return {
    ...items,
    read: (written, path, report) => {
      if (written === 'system') return null
      if (written !== null) return items.read(written, path, report)
      const message = foundAllowed(written, `system, or a list of ${allowed}`)
      report({ path, what: 'value', message })
      return undefined
    },
    show: values => (values === null ? 'system' : items.show(values)),
    jsonSchema: { anyOf: [{ const: 'system' }, ...oneOrList(item.jsonSchema, least)] },
  }
}

/** Whether a value is of a type that the item accepts; NaN and infinity are no numbers here. */
const mayBe = ({ jsonSchema }: Field, written: unknown): boolean =>
  [jsonSchema.type].flat().includes(typeof written) &&
  (typeof written === 'string' || Number.isFinite(written))

/** At least one item; a value that is neither an item nor a list of them has a message of its own. */
export const oneOrMore = <Value>(
  item: Field<Value>,
  allowed: string,
): Field<readonly Value[], ''> => ({
  ...list(item, allowed),
  read: (written, path, report) => {
    if (Array.isArray(written) && written.length > 0) {
      return readItems(item, written, path, report)
    }
    if (mayBe(item, written)) {
      return readSingle(item, written, path, report)
    }
    const message = foundAllowed(written, `${allowed}, or a list of them with at least one`)
    report({ path, what: 'value', message })
    return undefined
  },
})

/** A mapping from texts to values of one type. */
export const mapping = <Value>(
  name: Field<string>,
  item: Field<Value>,
  allowed: string,
): Field<ReadonlyMap<string, Value>, ''> => ({
  read: (written, path, report) => {
    if (!isMapping(written)) {
      report({ path, what: 'value', message: `found ${kindOf(written)}; allowed: ${allowed}` })
      return undefined
    }
    const entries = Object.entries(written).map(([key, value]) => {
      const at = [...path, key]
      const read = name.read(key, at, finding => report({ ...finding, what: 'key' }))
      return [read, read === undefined ? undefined : item.read(value, at, report)] as const
    })
    return entries.some(entry => entry.includes(undefined))
      ? undefined
      : new Map(entries as readonly (readonly [string, Value])[])
  },
  show: values => Object.fromEntries([...values].map(([key, value]) => [key, item.show(value)])),
  jsonSchema: {
    type: 'object',
    propertyNames: name.jsonSchema,
    additionalProperties: item.jsonSchema,
  },
  takes: 'text',
  suffix: '',
})
