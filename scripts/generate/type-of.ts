import type { Field } from '../../src/config/fields.ts'
import { keysOf } from '../../src/config/section.ts'

/** The types of a JSON Schema, those of its alternatives included. */
const typesIn = ({
  type,
  anyOf,
  const: word,
}: Readonly<Record<string, unknown>>): readonly string[] => [
  ...[type ?? []].flat().map(String),
  ...(word === undefined || type !== undefined ? [] : ['string']),
  ...((anyOf ?? []) as readonly Readonly<Record<string, unknown>>[]).flatMap(typesIn),
]

/** The words of a value that is nothing else; a number among them may be in quotes, and is one word. */
const wordsIn = ({ enum: words }: Readonly<Record<string, unknown>>): readonly string[] => [
  ...new Set(((words ?? []) as readonly unknown[]).map(String)),
]

const NAMES: Readonly<Record<string, string>> = {
  boolean: '`true` or `false`',
  integer: 'whole number',
  number: 'number',
  string: 'text',
  object: 'mapping',
}

/** The type of a configuration's value in words: "duration", "list of texts", "whole number". */
export const typeOf = (field: Field): string => {
  if (field.suffix === 'Ms') return 'duration'
  if (field.item) {
    const isMapping = Object.keys(keysOf(field.item)).length > 0
    return `list, or one ${isMapping ? 'mapping' : typeOf(field.item)}`
  }
  const words = wordsIn(field.jsonSchema)
  if (words.length > 0) return words.map(word => `\`${word}\``).join(', ')
  const types = [...new Set(typesIn(field.jsonSchema))]
  // A word may stand in place of a number: the range says which.
  const shown = types.includes('integer') ? ['integer'] : types
  return shown.map(type => NAMES[type] ?? type).join(' or ')
}
