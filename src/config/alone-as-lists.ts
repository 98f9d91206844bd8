import type { z } from 'zod'
import { isMapping } from './check/sound-part.ts'
import type { KeyPath } from './problem.ts'

type Definition = {
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly values?: readonly unknown[]
}

/** A value whose single items have become lists, and the mapping back to the paths as written. */
export type ListedValue = {
  readonly value: unknown
  /** The path as written, for a path in `value`: without the index of an item that was written alone. */
  readonly asWritten: (path: KeyPath) => KeyPath
}

const definitionOf = (schema: z.core.$ZodType): Definition => schema._zod.def as Definition

/** The list option of a choice between a list and words (`system`); undefined if an option accepts a single item. */
const listAmong = (
  options: readonly z.core.$ZodType[],
  value: unknown,
): z.core.$ZodType | undefined => {
  const others = options.map(definitionOf).filter(({ element }) => !element)
  const isWord = others.some(({ values }) => !values || values.includes(value))
  return isWord ? undefined : options.find(option => definitionOf(option).element)
}

/**
 * Converts single values to lists where the schema expects a list: `clients: 10.0.0.0/8` means `clients:
 * [10.0.0.0/8]`. This runs before validation, so that the checks see only lists.
 */
export const aloneAsLists = (schema: z.core.$ZodType, written: unknown): ListedValue => {
  const alone: KeyPath[] = []
  const read = (part: z.core.$ZodType, value: unknown, path: KeyPath): unknown => {
    const { innerType, element, options, shape } = definitionOf(part)
    if (value === undefined || value === null) return value
    if (innerType) return read(innerType, value, path)
    if (options) {
      const list = listAmong(options, value)
      return list ? read(list, value, path) : value
    }
    if (element) {
      if (!Array.isArray(value)) alone.push(path)
      return [value].flat().map((item, i) => read(element, item, [...path, i]))
    }
    if (!shape || !isMapping(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const field = Object.hasOwn(shape, key) ? shape[key] : undefined
        return [key, field ? read(field, item, [...path, key]) : item]
      }),
    )
  }
  const value = read(schema, written, [])
  const deepestFirst = alone.toSorted((a, b) => b.length - a.length)
  return {
    value,
    asWritten: path =>
      deepestFirst.reduce(
        (way, list) =>
          way[list.length] === 0 && list.every((key, i) => way[i] === key)
            ? way.toSpliced(list.length, 1)
            : way,
        path,
      ),
  }
}
