import { z } from 'zod'
import { configSchema } from './schema.ts'

type Schema = Readonly<Record<string, unknown>>

/** Flattens nested choices into one without duplicates. */
const flatChoices = (choices: readonly Schema[]): readonly Schema[] => {
  const all = choices.flatMap(choice =>
    Object.keys(choice).length === 1 && Array.isArray(choice.anyOf)
      ? (choice.anyOf as readonly Schema[])
      : [choice],
  )
  const texts = all.map(choice => JSON.stringify(choice))
  return all.filter((_, i) => texts.indexOf(texts[i] ?? '') === i)
}

/** Allows a single item wherever a list is allowed. */
const withAlone = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(withAlone)
  if (typeof part !== 'object' || part === null) return part
  const schema: Schema = Object.fromEntries(
    Object.entries(part).map(([key, value]: [string, unknown]) => [
      key,
      key === 'default' ? value : withAlone(value),
    ]),
  )
  if (schema.type === 'array') {
    const { type, items, minItems, ...rest } = schema
    const list = { type, items, ...(minItems === undefined ? {} : { minItems }) }
    return { ...rest, anyOf: [items, list] }
  }
  return Array.isArray(schema.anyOf)
    ? { ...schema, anyOf: flatChoices(schema.anyOf as readonly Schema[]) }
    : schema
}

/**
 * The schema as JSON Schema (draft 2020-12), for editors: every key with its description and default. It
 * omits rules that involve several keys.
 */
export const jsonSchema = (): object => ({
  title: 'eyeballd configuration',
  ...(withAlone(z.toJSONSchema(configSchema, { io: 'input' })) as object),
})

/** The text of `config/schema.json`. */
export const jsonSchemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`
